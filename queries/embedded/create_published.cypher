// From an account to what it hosts.
CREATE REL TABLE PUBLISHED(FROM Publisher TO Model);
