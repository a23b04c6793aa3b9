// From the derived model to its base.
CREATE REL TABLE DERIVED_FROM(FROM Model TO Model, relation STRING, evidence STRING, basis STRING, place INT32);
