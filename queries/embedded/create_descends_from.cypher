// From a model to everything it goes back to: descendants in one hop.
CREATE REL TABLE DESCENDS_FROM(FROM Model TO Model, distance INT32);
