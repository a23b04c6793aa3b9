// Ends the statements of one asker that run on the server, and no one else's. $mark: the asker's word.
SHOW TRANSACTIONS YIELD transactionId AS id, metaData
WHERE metaData.lineage = $mark
TERMINATE TRANSACTIONS id YIELD message
RETURN message;
