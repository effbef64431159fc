CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE users (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	username TEXT NOT NULL, 
	name TEXT NOT NULL, 
	email TEXT NOT NULL, 
	role TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	created_at VARCHAR(24) NOT NULL, 
	updated_at VARCHAR(24) NOT NULL
);

CREATE UNIQUE INDEX uq_users_username ON users (lower(username));

CREATE UNIQUE INDEX uq_users_email ON users (lower(email));

CREATE TABLE articles (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	title TEXT NOT NULL, 
	body TEXT NOT NULL, 
	tags JSON NOT NULL, 
	status TEXT NOT NULL, 
	author_id INTEGER, 
	version INTEGER NOT NULL, 
	created_at VARCHAR(24) NOT NULL, 
	updated_at VARCHAR(24) NOT NULL, 
	CONSTRAINT fk_articles_author_id FOREIGN KEY(author_id) REFERENCES users (id) ON DELETE SET NULL
);

CREATE INDEX ix_articles_title ON articles (title, id);

CREATE INDEX ix_articles_author_id ON articles (author_id, id);

CREATE INDEX ix_articles_created_at ON articles (created_at, id);

CREATE INDEX ix_articles_updated_at ON articles (updated_at, id);

CREATE VIRTUAL TABLE articles_words USING fts5(words, tokenize = 'ascii', detail = none, columnsize = 0);

CREATE TABLE logins (
	user_id INTEGER NOT NULL, 
	password_hash TEXT NOT NULL, 
	well_known BOOLEAN NOT NULL, 
	CONSTRAINT pk_logins PRIMARY KEY (user_id), 
	CONSTRAINT fk_logins_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE tokens (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	user_id INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	scopes JSON NOT NULL, 
	created_at VARCHAR(24) NOT NULL, 
	expires_at VARCHAR(24) NOT NULL, 
	last_used_at VARCHAR(24), 
	CONSTRAINT uq_tokens_digest UNIQUE (digest), 
	CONSTRAINT fk_tokens_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_tokens_user_id ON tokens (user_id, id);

CREATE TABLE secrets (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	user_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	created_at VARCHAR(24) NOT NULL, 
	updated_at VARCHAR(24) NOT NULL, 
	CONSTRAINT uq_secrets_user_id_name UNIQUE (user_id, name), 
	CONSTRAINT fk_secrets_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE audit (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	created_at VARCHAR(24) NOT NULL, 
	user_id INTEGER, 
	username TEXT, 
	action TEXT NOT NULL, 
	target TEXT NOT NULL, 
	request_id TEXT
);

CREATE INDEX ix_audit_created_at ON audit (created_at, id);

CREATE INDEX ix_audit_user_id ON audit (user_id, id);

CREATE INDEX ix_audit_target ON audit (target, id);

CREATE TABLE messages (
	id TEXT NOT NULL, 
	content_type TEXT NOT NULL, 
	media_type TEXT NOT NULL, 
	size INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	sender_id INTEGER, 
	created_at VARCHAR(24) NOT NULL, 
	filename TEXT, 
	parts JSON NOT NULL, 
	starts JSON NOT NULL, 
	room INTEGER NOT NULL, 
	CONSTRAINT pk_messages PRIMARY KEY (id), 
	CONSTRAINT fk_messages_sender_id FOREIGN KEY(sender_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_messages_sender_id ON messages (sender_id, created_at, id);

CREATE INDEX ix_messages_created_at ON messages (created_at, id);

CREATE TABLE messages_pieces (
	owner_id TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	content BLOB NOT NULL, 
	CONSTRAINT pk_messages_pieces PRIMARY KEY (owner_id, number), 
	CONSTRAINT fk_messages_pieces_owner_id FOREIGN KEY(owner_id) REFERENCES messages (id) ON DELETE CASCADE
);

CREATE TABLE anonymous_usage (
	id INTEGER NOT NULL, 
	bytes INTEGER NOT NULL, 
	CONSTRAINT pk_anonymous_usage PRIMARY KEY (id)
);

CREATE TABLE idempotency_keys (
	owner TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	fingerprint BLOB NOT NULL, 
	expires_at VARCHAR(24) NOT NULL, 
	status INTEGER, 
	headers JSON, 
	content BLOB, 
	CONSTRAINT pk_idempotency_keys PRIMARY KEY (owner, "key")
);

CREATE INDEX ix_idempotency_keys_expires_at ON idempotency_keys (expires_at);

CREATE TABLE sessions (
	digest BLOB NOT NULL, 
	user_id INTEGER NOT NULL, 
	created_at VARCHAR(24) NOT NULL, 
	last_used_at VARCHAR(24) NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (digest), 
	CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_sessions_user_id ON sessions (user_id);

CREATE INDEX ix_sessions_created_at ON sessions (created_at);

CREATE INDEX ix_articles_drafts ON articles (id) WHERE status = 'draft';

CREATE TABLE collections (
	name TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	single BOOLEAN NOT NULL, 
	ids TEXT NOT NULL, 
	schema JSON NOT NULL, 
	given BOOLEAN NOT NULL, 
	last_number INTEGER NOT NULL, 
	last_position INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	CONSTRAINT pk_collections PRIMARY KEY (name)
);

CREATE TABLE documents (
	collection TEXT NOT NULL, 
	id TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	body JSON NOT NULL, 
	version INTEGER NOT NULL, 
	created_at VARCHAR(24) NOT NULL, 
	updated_at VARCHAR(24) NOT NULL, 
	CONSTRAINT pk_documents PRIMARY KEY (collection, id)
);

CREATE INDEX ix_documents_collection_position ON documents (collection, position);

CREATE TABLE toolbox_used (
	digest BLOB NOT NULL, 
	until BIGINT NOT NULL, 
	CONSTRAINT pk_toolbox_used PRIMARY KEY (digest)
);

CREATE TABLE toolbox_nonces (
	digest BLOB NOT NULL, 
	count BIGINT NOT NULL, 
	until BIGINT NOT NULL, 
	CONSTRAINT pk_toolbox_nonces PRIMARY KEY (digest)
);

CREATE INDEX ix_toolbox_used_until ON toolbox_used (until);

CREATE INDEX ix_toolbox_nonces_until ON toolbox_nonces (until);

INSERT INTO "alembic_version" VALUES ('0008');

INSERT INTO "anonymous_usage" VALUES (1, 0);
