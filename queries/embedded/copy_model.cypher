// From the Arrow table of that name.
COPY Model FROM model;
