-- Tables and indices as opencode 1.18 makes them, in pages so small that the trees are deep and records overflow.
-- Made with: sqlite3 opencode.db <opencode.sql; rm opencode.db-shm (SQLite 3.40). What comes last is left in the log.
PRAGMA page_size = 512;
PRAGMA journal_mode = WAL;
.dbconfig no_ckpt_on_close on
CREATE TABLE project (id text PRIMARY KEY, worktree text NOT NULL);
CREATE TABLE session (id text PRIMARY KEY, project_id text NOT NULL, title text NOT NULL, cost real DEFAULT 0 NOT NULL,
  time_created integer NOT NULL);
CREATE TABLE message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL,
  time_updated integer NOT NULL, data text NOT NULL);
CREATE INDEX message_session_time_created_id_idx ON message (session_id, time_created, id);
INSERT INTO project VALUES ('global', '/');
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39)
  INSERT INTO session SELECT printf('ses_%026d', i), 'global', 'New session', 0, 1795529000000 FROM n;
-- Two messages in each even session: an answer, over and long, after a question.
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 2 FROM n WHERE i < 38)
  INSERT INTO message SELECT printf('msg_%026d', 2 * i), printf('ses_%026d', i), 1795529000000 + i, 0,
    '{"role":"user","time":{"created":1}}' FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 2 FROM n WHERE i < 38)
  INSERT INTO message SELECT printf('msg_%026d', 2 * i + 1), printf('ses_%026d', i), 1795529001000 + i, 0,
    json_object('role', 'assistant', 'finish', 'stop', 'time', json('{"created":2,"completed":3}'),
      'path', hex(zeroblob(600 + i))) FROM n;
PRAGMA wal_checkpoint(TRUNCATE);
INSERT INTO message VALUES ('msg_question', printf('ses_%026d', 1), 1795530000001, 0, '{"role":"user","time":{"created":1}}');
INSERT INTO message VALUES ('msg_working', printf('ses_%026d', 3), 1795530000003, 0, '{"role":"assistant","time":{"created":1}}');
INSERT INTO message VALUES ('msg_tools', printf('ses_%026d', 5), 1795530000005, 0,
  '{"role":"assistant","finish":"tool-calls","time":{"created":1,"completed":2}}');
INSERT INTO message VALUES ('msg_failed', printf('ses_%026d', 7), 1795530000007, 0,
  '{"role":"assistant","error":{"name":"MessageAbortedError"},"time":{"created":1,"completed":2}}');
INSERT INTO session VALUES ('ses_new', 'global', 'New session', 0, 1795530000000);
DELETE FROM message WHERE session_id = printf('ses_%026d', 4);
DELETE FROM session WHERE id = printf('ses_%026d', 4);
