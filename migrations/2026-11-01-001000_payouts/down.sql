DROP TABLE reconciliation_break;
DROP TABLE settlement_match;
DROP TABLE settlement_line;
DROP TABLE settlement;
DROP TABLE payout;
DROP TABLE payout_batch;
