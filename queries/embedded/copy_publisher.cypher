// From the Arrow table of that name.
COPY Publisher FROM publisher;
