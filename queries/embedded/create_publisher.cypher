// Accounts that an edge touches.
CREATE NODE TABLE Publisher(
    id STRING PRIMARY KEY, owner STRING, type STRING, countries STRING[], models INT32, downloads INT64
);
