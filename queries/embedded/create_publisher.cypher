// Accounts that an edge touches.
CREATE NODE TABLE Publisher(
    id STRING PRIMARY KEY, owner STRING, type STRING, countries STRING[], models INT32, downloads INT64,
    in_degree INT32, flow_in INT64, flow_out INT64, pagerank DOUBLE
);
