-- Why: a chart says when each source was last heard from, which is each feed's last commit. Old binaries: they keep the
-- index up to date without knowing of it.
--
-- Commits of people are not in it.

CREATE INDEX commits_by_feed ON commits (account, t) WHERE role = 'feed';
