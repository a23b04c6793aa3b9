// From the Arrow table of that name.
COPY DESCENDS_FROM FROM descends_from;
