DROP TABLE invitation;
DROP TABLE api_key;
DROP TABLE refresh_token;
DROP TABLE session;
DROP TABLE account;
