// From the Arrow table of that name.
COPY PUBLISHED FROM published;
