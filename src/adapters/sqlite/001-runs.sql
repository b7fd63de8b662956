-- Events of runs: append-only; the chain of hashes shows whether a row was lost or altered.
CREATE TABLE events (
  run   TEXT NOT NULL,
  seq   INTEGER NOT NULL,
  at    INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  actor TEXT NOT NULL,
  type  TEXT NOT NULL,
  body  TEXT NOT NULL,
  hash  TEXT NOT NULL,
  PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX events_by_type ON events (type, at);

CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
