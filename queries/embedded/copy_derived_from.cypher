// From the Arrow table of that name.
COPY DERIVED_FROM FROM derived_from;
