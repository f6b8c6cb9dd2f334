CREATE TABLE adjustment_entry (
	entry_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	debit TEXT NOT NULL, 
	credit TEXT NOT NULL, 
	amount INTEGER NOT NULL, 
	metric TEXT NOT NULL, 
	party TEXT NOT NULL, 
	year INTEGER NOT NULL, 
	transaction_id TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	log_index INTEGER NOT NULL, 
	booked_at INTEGER NOT NULL, 
	generation INTEGER NOT NULL, 
	PRIMARY KEY (entry_id), 
	CONSTRAINT amount_positive CHECK (amount > 0), 
	CONSTRAINT entry_two_sides CHECK (debit <> credit), 
	CONSTRAINT entry_outstanding CHECK (debit = 'outstanding' OR credit = 'outstanding'), 
	CONSTRAINT entry_range CHECK (amount = last - first + 1), 
	CONSTRAINT entry_once UNIQUE (kind, registry, generation, first)
)
 STRICT
--
CREATE INDEX adjustment_party_year ON adjustment_entry (party, year)
--
CREATE TABLE archive_file (
	digest BLOB NOT NULL, 
	first_index INTEGER NOT NULL, 
	last_index INTEGER NOT NULL, 
	root_before BLOB NOT NULL, 
	root BLOB NOT NULL, 
	payloads INTEGER NOT NULL, 
	payload_bytes INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	put_away_at INTEGER NOT NULL, 
	PRIMARY KEY (digest)
)
 STRICT
--
CREATE TABLE catalogue (
	digest BLOB NOT NULL, 
	rulebook TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	binds_from INTEGER NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (digest)
)
 STRICT
--
CREATE TABLE clock_acceptance (
	number INTEGER NOT NULL, 
	log_index INTEGER NOT NULL, 
	accepted_at INTEGER NOT NULL, 
	expected_at INTEGER NOT NULL, 
	keyid TEXT NOT NULL, 
	signature BLOB NOT NULL, 
	PRIMARY KEY (number)
)
 STRICT
--
CREATE INDEX clock_acceptance_index ON clock_acceptance (log_index)
--
CREATE TABLE clock_mark (
	id INTEGER NOT NULL CONSTRAINT clock_mark_one CHECK (id = 1), 
	seen_at INTEGER NOT NULL, 
	since_boot INTEGER NOT NULL, 
	boot TEXT NOT NULL, 
	PRIMARY KEY (id)
)
 STRICT
--
CREATE TABLE conflict_count (
	sender_node TEXT NOT NULL, 
	seen INTEGER NOT NULL, 
	last_at INTEGER NOT NULL, 
	PRIMARY KEY (sender_node)
)
 STRICT
--
CREATE TABLE conflicting_message (
	payload_hash BLOB NOT NULL, 
	message_id TEXT NOT NULL, 
	sender_node TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	payload BLOB NOT NULL, 
	keyids TEXT NOT NULL, 
	signatures BLOB NOT NULL, 
	received_at INTEGER NOT NULL, 
	PRIMARY KEY (message_id)
)
 STRICT
--
CREATE INDEX conflicting_sender ON conflicting_message (sender_node)
--
CREATE TABLE issued_block (
	registry TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	transaction_id TEXT NOT NULL, 
	rulebook TEXT NOT NULL, 
	attributes BLOB NOT NULL, 
	PRIMARY KEY (registry, first), 
	CONSTRAINT issued_range CHECK (1 <= first AND first <= last AND last <= 100000000000000)
)
 STRICT
--
CREATE TABLE "key" (
	keyid TEXT NOT NULL, 
	node TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	public_key BLOB NOT NULL, 
	not_before INTEGER NOT NULL, 
	not_after INTEGER NOT NULL, 
	revoked_at INTEGER, 
	registered_index INTEGER, 
	revoked_index INTEGER, 
	PRIMARY KEY (keyid)
)
 STRICT
--
CREATE INDEX key_node ON "key" (node)
--
CREATE INDEX key_registered ON "key" (registered_index)
--
CREATE INDEX key_revoked ON "key" (revoked_index)
--
CREATE TABLE log_leaf (
	log_index INTEGER NOT NULL, 
	leaf_hash BLOB NOT NULL, 
	message_id TEXT, 
	transaction_id TEXT, 
	decided_at INTEGER NOT NULL, 
	PRIMARY KEY (log_index), 
	CONSTRAINT log_index_counts CHECK (log_index >= 0)
)
 STRICT
--
CREATE INDEX log_leaf_transaction ON log_leaf (transaction_id)
--
CREATE TABLE looked_through (
	name TEXT NOT NULL, 
	place INTEGER NOT NULL, 
	PRIMARY KEY (name)
)
 STRICT
--
CREATE TABLE mailbox (
	node TEXT NOT NULL, 
	last_sequence INTEGER NOT NULL, 
	acknowledged_sequence INTEGER NOT NULL, 
	PRIMARY KEY (node), 
	CONSTRAINT mailbox_cursor CHECK (0 <= acknowledged_sequence AND acknowledged_sequence <= last_sequence)
)
 STRICT
--
CREATE TABLE mailbox_entry (
	node TEXT NOT NULL, 
	sequence INTEGER NOT NULL, 
	transaction_id TEXT, 
	message_id TEXT, 
	statement_ids TEXT NOT NULL, 
	enqueued_at INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	PRIMARY KEY (node, sequence)
)
 STRICT
--
CREATE TABLE message (
	message_id TEXT NOT NULL, 
	sender_node TEXT NOT NULL, 
	sender_sequence INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	payload BLOB NOT NULL, 
	payload_hash BLOB NOT NULL, 
	keyids TEXT NOT NULL, 
	signatures BLOB NOT NULL, 
	log_index INTEGER NOT NULL, 
	PRIMARY KEY (message_id), 
	CONSTRAINT message_sequence UNIQUE (sender_node, sender_sequence)
)
 STRICT
--
CREATE TABLE network (
	network_id TEXT NOT NULL, 
	broker_node TEXT NOT NULL, 
	test_network INTEGER NOT NULL CHECK (test_network IN (0, 1)), 
	clock_offset_ms INTEGER NOT NULL, 
	database_id TEXT NOT NULL, 
	PRIMARY KEY (network_id)
)
 STRICT
--
CREATE TABLE node (
	node TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	tls_key_hash BLOB NOT NULL, 
	message_id TEXT NOT NULL, 
	previous_tls_key_hash BLOB, 
	previous_tls_key_until INTEGER, 
	schema_versions TEXT NOT NULL, 
	PRIMARY KEY (node)
)
 STRICT
--
CREATE TABLE refused_message (
	refusal_id INTEGER NOT NULL, 
	refused_at INTEGER NOT NULL, 
	caller TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	found TEXT NOT NULL, 
	payload_hash BLOB NOT NULL, 
	PRIMARY KEY (refusal_id)
)
 STRICT
--
CREATE INDEX refused_message_caller ON refused_message (caller, refusal_id)
--
CREATE TABLE report_finding (
	finding_id TEXT NOT NULL, 
	reporter TEXT NOT NULL, 
	party TEXT NOT NULL, 
	code TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	other TEXT NOT NULL, 
	found TEXT NOT NULL, 
	state TEXT NOT NULL, 
	opened_at INTEGER NOT NULL, 
	changed_at INTEGER NOT NULL, 
	answer TEXT NOT NULL, 
	closed_by TEXT, 
	PRIMARY KEY (finding_id), 
	CONSTRAINT state_known CHECK (state IN ('OPEN', 'ANSWERED', 'CLOSED')), 
	CONSTRAINT closed_by_a_message CHECK ((state = 'CLOSED') = (closed_by IS NOT NULL))
)
 STRICT
--
CREATE INDEX report_finding_reporter ON report_finding (reporter, state)
--
CREATE TABLE reserved_serials (
	registry TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	transaction_id TEXT NOT NULL, 
	PRIMARY KEY (registry, first), 
	CONSTRAINT reserved_range CHECK (1 <= first AND first <= last AND last <= 100000000000000)
)
 STRICT
--
CREATE TABLE restated (
	log_index INTEGER NOT NULL, 
	registry TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	"before" TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	PRIMARY KEY (log_index, registry, first)
)
 STRICT
--
CREATE TABLE sender (
	node TEXT NOT NULL, 
	next_sequence INTEGER NOT NULL, 
	previous_payload_hash BLOB NOT NULL, 
	PRIMARY KEY (node)
)
 STRICT
--
CREATE TABLE statement (
	statement_id TEXT NOT NULL, 
	sequence INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	payload BLOB NOT NULL, 
	payload_hash BLOB NOT NULL, 
	causation_id TEXT, 
	transaction_id TEXT, 
	log_index INTEGER NOT NULL, 
	PRIMARY KEY (statement_id), 
	CONSTRAINT statement_sequence UNIQUE (sequence)
)
 STRICT
--
CREATE INDEX statement_causation ON statement (causation_id)
--
CREATE INDEX statement_transaction ON statement (transaction_id, log_index)
--
CREATE TABLE tally (
	name TEXT NOT NULL, 
	quantity INTEGER NOT NULL, 
	reserved INTEGER NOT NULL, 
	PRIMARY KEY (name), 
	CONSTRAINT tally_quantity_counts CHECK (quantity >= 0), 
	CONSTRAINT tally_reserved_counts CHECK (reserved >= 0)
)
 STRICT
--
CREATE TABLE transaction_event (
	transaction_id TEXT NOT NULL, 
	ordinal INTEGER NOT NULL, 
	event TEXT NOT NULL, 
	from_state TEXT NOT NULL, 
	to_state TEXT NOT NULL, 
	log_index INTEGER NOT NULL, 
	PRIMARY KEY (transaction_id, ordinal)
)
 STRICT
--
CREATE INDEX transaction_event_completed ON transaction_event (log_index) WHERE event = 'COMPLETE'
--
CREATE TABLE transaction_record (
	transaction_id TEXT NOT NULL, 
	type TEXT NOT NULL, 
	state TEXT NOT NULL CONSTRAINT state_known CHECK (state IN ('PROPOSED', 'VALIDATED', 'INVALIDATED', 'ACCEPTED', 'REJECTED', 'COMPLETED', 'TERMINATED')), 
	termination_cause TEXT CONSTRAINT termination_cause_known CHECK (termination_cause IN ('WITHDRAWN', 'TIMED_OUT')), 
	from_registry TEXT NOT NULL, 
	to_registry TEXT NOT NULL, 
	from_account TEXT NOT NULL, 
	to_account TEXT NOT NULL, 
	proposer_node TEXT NOT NULL, 
	receiver_node TEXT, 
	quantity INTEGER NOT NULL, 
	completion TEXT NOT NULL, 
	rulebook TEXT NOT NULL, 
	proposed_at INTEGER NOT NULL, 
	deadline INTEGER NOT NULL, 
	updated_at INTEGER NOT NULL, 
	message_id TEXT NOT NULL, 
	ordinal INTEGER NOT NULL, 
	proposal_hash BLOB NOT NULL, 
	verdict_hash BLOB NOT NULL, 
	answer_hash BLOB, 
	closing_hash BLOB, 
	moves INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	marks TEXT NOT NULL, 
	postings TEXT NOT NULL, 
	PRIMARY KEY (transaction_id)
)
 STRICT
--
CREATE INDEX transaction_from ON transaction_record (from_registry, transaction_id)
--
CREATE INDEX transaction_invalidated ON transaction_record (proposer_node, transaction_id) WHERE state = 'INVALIDATED'
--
CREATE INDEX transaction_state_deadline ON transaction_record (state, deadline)
--
CREATE INDEX transaction_to ON transaction_record (to_registry, transaction_id)
--
CREATE INDEX transaction_waiting ON transaction_record (to_account) WHERE state IN ('ACCEPTED', 'VALIDATED')
--
CREATE TABLE designation (
	party TEXT NOT NULL, 
	node TEXT NOT NULL, 
	PRIMARY KEY (party), 
	FOREIGN KEY(node) REFERENCES node (node)
)
 STRICT
--
CREATE TABLE lookup (
	space TEXT NOT NULL, 
	name TEXT NOT NULL, 
	low INTEGER NOT NULL, 
	high INTEGER NOT NULL, 
	registry TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	PRIMARY KEY (space, name, low, registry, first), 
	CONSTRAINT lookup_range CHECK (low <= high), 
	FOREIGN KEY(registry, first) REFERENCES issued_block (registry, first)
)
 STRICT
--
CREATE INDEX lookup_block ON lookup (registry, first)
--
CREATE TABLE notice (
	message_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	sender_node TEXT NOT NULL, 
	payload_hash BLOB NOT NULL, 
	created_at INTEGER NOT NULL, 
	PRIMARY KEY (message_id), 
	FOREIGN KEY(message_id) REFERENCES message (message_id)
)
 STRICT
--
CREATE TABLE programme (
	programme TEXT NOT NULL, 
	node TEXT NOT NULL, 
	PRIMARY KEY (programme), 
	FOREIGN KEY(node) REFERENCES node (node)
)
 STRICT
--
CREATE TABLE registry (
	registry TEXT NOT NULL, 
	node TEXT NOT NULL, 
	party TEXT NOT NULL, 
	status TEXT NOT NULL, 
	rulebooks TEXT NOT NULL, 
	PRIMARY KEY (registry), 
	FOREIGN KEY(node) REFERENCES node (node)
)
 STRICT
--
CREATE TABLE registry_report (
	message_id TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	as_of INTEGER NOT NULL, 
	complete INTEGER NOT NULL, 
	holdings INTEGER NOT NULL, 
	actions INTEGER NOT NULL, 
	received_at INTEGER NOT NULL, 
	PRIMARY KEY (message_id), 
	FOREIGN KEY(message_id) REFERENCES message (message_id)
)
 STRICT
--
CREATE INDEX registry_report_registry ON registry_report (registry, as_of)
--
CREATE TABLE reversal (
	transaction_id TEXT NOT NULL, 
	message_id TEXT NOT NULL, 
	reversed_by TEXT, 
	PRIMARY KEY (transaction_id), 
	FOREIGN KEY(message_id) REFERENCES message (message_id)
)
 STRICT
--
CREATE TABLE stated (
	rulebook TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	log_index INTEGER NOT NULL, 
	message_id TEXT NOT NULL, 
	PRIMARY KEY (rulebook, kind, name, log_index), 
	FOREIGN KEY(message_id) REFERENCES message (message_id)
)
 STRICT
--
CREATE INDEX stated_under ON stated (rulebook, kind, substr(name, 1, instr(name, ':') - 1), log_index)
--
CREATE TABLE statement_signature (
	statement_id TEXT NOT NULL, 
	keyid TEXT NOT NULL, 
	signature BLOB NOT NULL, 
	PRIMARY KEY (statement_id), 
	FOREIGN KEY(statement_id) REFERENCES statement (statement_id)
)
 STRICT
--
CREATE TABLE account (
	account_id TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	rulebook TEXT NOT NULL, 
	account_type INTEGER NOT NULL, 
	final INTEGER NOT NULL CHECK (final IN (0, 1)), 
	listed INTEGER NOT NULL CHECK (listed IN (0, 1)), 
	closed INTEGER NOT NULL CHECK (closed IN (0, 1)), 
	terms TEXT NOT NULL, 
	PRIMARY KEY (account_id), 
	CONSTRAINT account_kept_in UNIQUE (account_id, registry), 
	FOREIGN KEY(registry) REFERENCES registry (registry)
)
 STRICT
--
CREATE INDEX account_registry ON account (registry)
--
CREATE TABLE maintenance (
	message_id TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	start_at INTEGER NOT NULL, 
	end_at INTEGER NOT NULL, 
	PRIMARY KEY (message_id), 
	CONSTRAINT maintenance_window CHECK (start_at < end_at), 
	FOREIGN KEY(message_id) REFERENCES notice (message_id)
)
 STRICT
--
CREATE INDEX maintenance_end ON maintenance (end_at)
--
CREATE TABLE notice_acknowledgement (
	message_id TEXT NOT NULL, 
	node TEXT NOT NULL, 
	acknowledged_by TEXT NOT NULL, 
	acknowledged_at INTEGER NOT NULL, 
	PRIMARY KEY (message_id, node), 
	FOREIGN KEY(message_id) REFERENCES notice (message_id), 
	FOREIGN KEY(acknowledged_by) REFERENCES message (message_id)
)
 STRICT
--
CREATE TABLE notice_recipient (
	message_id TEXT NOT NULL, 
	node TEXT NOT NULL, 
	sequence INTEGER NOT NULL, 
	PRIMARY KEY (message_id, node), 
	FOREIGN KEY(message_id) REFERENCES notice (message_id), 
	FOREIGN KEY(node) REFERENCES node (node)
)
 STRICT
--
CREATE TABLE noticed_units (
	message_id TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	party TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	PRIMARY KEY (message_id, registry, first), 
	CONSTRAINT noticed_range CHECK (1 <= first AND first <= last AND last <= 100000000000000), 
	FOREIGN KEY(message_id) REFERENCES notice (message_id)
)
 STRICT
--
CREATE INDEX noticed_units_range ON noticed_units (registry, outcome, first)
--
CREATE TABLE programme_event (
	message_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	programme TEXT NOT NULL, 
	series TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	step INTEGER NOT NULL, 
	PRIMARY KEY (message_id), 
	CONSTRAINT event_kind_known CHECK (kind IN ('CANCELLATION', 'USE')), 
	CONSTRAINT programme_event_range CHECK (0 <= first AND first <= last), 
	FOREIGN KEY(message_id) REFERENCES notice (message_id)
)
 STRICT
--
CREATE INDEX programme_event_units ON programme_event (programme, series, first)
--
CREATE TABLE reconciliation (
	reconciliation_id TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	stage TEXT, 
	outcome TEXT, 
	digest BLOB NOT NULL, 
	answer BLOB NOT NULL, 
	snapshot_index INTEGER NOT NULL, 
	snapshot_at INTEGER NOT NULL, 
	case_id TEXT NOT NULL, 
	begun_at INTEGER NOT NULL, 
	PRIMARY KEY (reconciliation_id), 
	CONSTRAINT stage_known CHECK (stage IN ('BEGIN', 'DIGEST', 'TOTALS', 'BLOCKS', 'TRAIL')), 
	CONSTRAINT outcome_known CHECK (outcome IN ('AGREED', 'DIFFERS')), 
	CONSTRAINT reconciliation_goes_on CHECK (outcome IS NULL OR stage IS NULL), 
	FOREIGN KEY(reconciliation_id) REFERENCES message (message_id), 
	FOREIGN KEY(registry) REFERENCES registry (registry)
)
 STRICT
--
CREATE UNIQUE INDEX reconciliation_open ON reconciliation (registry) WHERE stage IS NOT NULL
--
CREATE INDEX reconciliation_registry ON reconciliation (registry, begun_at)
--
CREATE TABLE reconciliation_case (
	case_id TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	opened_at INTEGER NOT NULL, 
	owner TEXT NOT NULL, 
	found_right TEXT, 
	reason TEXT NOT NULL, 
	resolved_by TEXT, 
	resolved_at INTEGER, 
	PRIMARY KEY (case_id), 
	CONSTRAINT owner_known CHECK (owner IN ('REGISTRY', 'OPERATOR')), 
	CONSTRAINT found_right_known CHECK (found_right IN ('RECORD', 'BOOKS', 'NEITHER')), 
	CONSTRAINT resolved_by_somebody CHECK ((found_right IS NULL) = (resolved_by IS NULL)), 
	FOREIGN KEY(case_id) REFERENCES message (message_id), 
	FOREIGN KEY(registry) REFERENCES registry (registry), 
	FOREIGN KEY(resolved_by) REFERENCES message (message_id)
)
 STRICT
--
CREATE INDEX reconciliation_case_open ON reconciliation_case (registry) WHERE found_right IS NULL
--
CREATE TABLE reported_action (
	reporter TEXT NOT NULL, 
	action_id TEXT NOT NULL, 
	message_id TEXT NOT NULL, 
	ordinal INTEGER NOT NULL, 
	acted_at INTEGER NOT NULL, 
	type TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	account_type INTEGER NOT NULL, 
	counterparty TEXT NOT NULL, 
	rulebook TEXT NOT NULL, 
	marks TEXT NOT NULL, 
	PRIMARY KEY (reporter, action_id), 
	CONSTRAINT reported_action_range CHECK (1 <= first AND first <= last AND last <= 100000000000000), 
	FOREIGN KEY(message_id) REFERENCES registry_report (message_id)
)
 STRICT
--
CREATE INDEX reported_action_time ON reported_action (reporter, acted_at)
--
CREATE INDEX reported_action_units ON reported_action (registry, first)
--
CREATE TABLE sharing (
	registry TEXT NOT NULL, 
	level TEXT NOT NULL, 
	frequency TEXT NOT NULL, 
	switched_off TEXT NOT NULL, 
	message_id TEXT NOT NULL, 
	stated_at INTEGER NOT NULL, 
	last_as_of INTEGER, 
	last_report TEXT, 
	PRIMARY KEY (registry), 
	CONSTRAINT level_known CHECK (level IN ('VIEW', 'NOTIFY', 'TRANSACT')), 
	CONSTRAINT frequency_known CHECK (frequency IN ('AT_ONCE', 'DAILY', 'YEARLY', '')), 
	CONSTRAINT frequency_where_reported CHECK ((level = 'TRANSACT') = (frequency = '')), 
	FOREIGN KEY(registry) REFERENCES registry (registry), 
	FOREIGN KEY(message_id) REFERENCES message (message_id)
)
 STRICT
--
CREATE TABLE case_event (
	case_id TEXT NOT NULL, 
	log_index INTEGER NOT NULL, 
	event TEXT NOT NULL, 
	message_id TEXT NOT NULL, 
	at INTEGER NOT NULL, 
	found TEXT NOT NULL, 
	PRIMARY KEY (case_id, log_index), 
	CONSTRAINT event_known CHECK (event IN ('OPENED', 'ADDED', 'DIFFERS_STILL', 'TRAIL', 'AGREES', 'RESOLVED')), 
	FOREIGN KEY(case_id) REFERENCES reconciliation_case (case_id), 
	FOREIGN KEY(message_id) REFERENCES message (message_id)
)
 STRICT
--
CREATE TABLE quarantine (
	case_id TEXT NOT NULL, 
	books_of TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	recorded_account TEXT NOT NULL, 
	stated_account TEXT NOT NULL, 
	recorded_class TEXT NOT NULL, 
	stated_class TEXT NOT NULL, 
	lifted INTEGER NOT NULL, 
	PRIMARY KEY (case_id, registry, first), 
	CONSTRAINT kind_known CHECK (kind IN ('MISSING', 'SURPLUS', 'ACCOUNT', 'CONTENT')), 
	CONSTRAINT lifted_or_not CHECK (lifted IN (0, 1)), 
	CONSTRAINT quarantine_range CHECK (1 <= first AND first <= last AND last <= 100000000000000), 
	FOREIGN KEY(case_id) REFERENCES reconciliation_case (case_id)
)
 STRICT
--
CREATE INDEX quarantine_held ON quarantine (registry, first) WHERE lifted = 0
--
CREATE TABLE reported_holding (
	reporter TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	rulebook TEXT NOT NULL, 
	account_type INTEGER NOT NULL, 
	marks TEXT NOT NULL, 
	listed_under TEXT NOT NULL, 
	attributes BLOB NOT NULL, 
	PRIMARY KEY (reporter, registry, first), 
	CONSTRAINT reported_range CHECK (1 <= first AND first <= last AND last <= 100000000000000), 
	FOREIGN KEY(reporter) REFERENCES sharing (registry)
)
 STRICT
--
CREATE INDEX reported_holding_listed_under ON reported_holding (listed_under)
--
CREATE INDEX reported_holding_units ON reported_holding (registry, reporter, first)
--
CREATE TABLE unit_block (
	registry TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	quantity INTEGER NOT NULL, 
	issued_first INTEGER NOT NULL, 
	account_id TEXT NOT NULL, 
	state TEXT NOT NULL, 
	locked_by TEXT, 
	moved_by TEXT NOT NULL, 
	account_registry TEXT NOT NULL, 
	PRIMARY KEY (registry, first), 
	CONSTRAINT unit_block_last UNIQUE (registry, last), 
	CONSTRAINT unit_range CHECK (1 <= first AND first <= last AND last <= 100000000000000), 
	CONSTRAINT unit_quantity CHECK (quantity = last - first + 1), 
	FOREIGN KEY(account_id, account_registry) REFERENCES account (account_id, registry)
)
 STRICT
--
CREATE INDEX unit_block_account ON unit_block (account_id, registry, first)
--
CREATE INDEX unit_block_account_registry ON unit_block (account_registry, registry, first)
--
CREATE TRIGGER unit_block_no_overlap_insert BEFORE INSERT ON unit_block
    WHEN EXISTS (SELECT 1 FROM unit_block WHERE registry = NEW.registry
      AND first <= NEW.last AND first >= NEW.first)
      OR (SELECT last FROM unit_block WHERE registry = NEW.registry AND first < NEW.first
          ORDER BY first DESC LIMIT 1) >= NEW.first
    BEGIN SELECT RAISE(ABORT, 'unit ranges overlap'); END
--
CREATE TRIGGER unit_block_no_overlap_update BEFORE UPDATE OF last ON unit_block
    WHEN NEW.last > OLD.last AND EXISTS (SELECT 1 FROM unit_block WHERE registry = OLD.registry
      AND first > OLD.last AND first <= NEW.last)
    BEGIN SELECT RAISE(ABORT, 'unit ranges overlap'); END
--
CREATE TRIGGER unit_block_stays BEFORE UPDATE OF registry, first, issued_first ON unit_block
    WHEN NEW.registry <> OLD.registry OR NEW.first <> OLD.first
      OR NEW.issued_first <> OLD.issued_first
    BEGIN SELECT RAISE(ABORT, 'a unit range keeps its place'); END
--
CREATE TRIGGER unit_block_no_growth BEFORE UPDATE OF last ON unit_block
    WHEN NEW.last > OLD.last AND NEW.last > (SELECT last FROM issued_block
      WHERE registry = OLD.registry AND first = OLD.issued_first)
    BEGIN SELECT RAISE(ABORT, 'a unit range stays inside its issued block'); END
--
CREATE TRIGGER unit_block_final_stays BEFORE UPDATE OF account_id ON unit_block
    WHEN NEW.account_id <> OLD.account_id
      AND (SELECT final FROM account WHERE account_id = OLD.account_id) = 1
    BEGIN SELECT RAISE(ABORT, 'used and cancelled units never move'); END
--
CREATE TRIGGER unit_block_kept BEFORE DELETE ON unit_block
    WHEN NOT EXISTS (SELECT 1 FROM unit_block WHERE registry = OLD.registry
      AND last = OLD.first - 1 AND issued_first = OLD.issued_first)
    BEGIN SELECT RAISE(ABORT, 'a unit range vanishes only into the one before it'); END
--
CREATE TRIGGER issued_block_no_overlap BEFORE INSERT ON issued_block
    WHEN EXISTS (SELECT 1 FROM issued_block WHERE registry = NEW.registry
      AND first <= NEW.last AND first >= NEW.first)
      OR (SELECT last FROM issued_block WHERE registry = NEW.registry AND first < NEW.first
          ORDER BY first DESC LIMIT 1) >= NEW.first
    BEGIN SELECT RAISE(ABORT, 'serial numbers are issued once'); END
--
CREATE TRIGGER lookup_no_crossing BEFORE INSERT ON lookup
    WHEN EXISTS (SELECT 1 FROM lookup WHERE space = NEW.space AND name = NEW.name
        AND low <= NEW.high AND low >= NEW.low AND (low <> NEW.low OR high <> NEW.high))
      OR EXISTS (SELECT 1 FROM (SELECT low, high FROM lookup WHERE space = NEW.space
          AND name = NEW.name AND low <= NEW.low ORDER BY low DESC LIMIT 1) AS below
        WHERE high >= NEW.low AND (low <> NEW.low OR high <> NEW.high))
    BEGIN SELECT RAISE(ABORT, 'numbers of one name are the same, or share none'); END
--
CREATE TRIGGER programme_event_once BEFORE INSERT ON programme_event
    WHEN EXISTS (SELECT 1 FROM programme_event WHERE programme = NEW.programme
      AND series = NEW.series AND first <= NEW.last AND first >= NEW.first)
      OR (SELECT last FROM programme_event WHERE programme = NEW.programme
          AND series = NEW.series AND first < NEW.first ORDER BY first DESC LIMIT 1) >= NEW.first
    BEGIN SELECT RAISE(ABORT, 'an underlying unit ends once'); END
--
CREATE TRIGGER reserved_serials_no_overlap BEFORE INSERT ON reserved_serials
    WHEN EXISTS (SELECT 1 FROM reserved_serials WHERE registry = NEW.registry
      AND first <= NEW.last AND first >= NEW.first)
      OR (SELECT last FROM reserved_serials WHERE registry = NEW.registry AND first < NEW.first
          ORDER BY first DESC LIMIT 1) >= NEW.first
    BEGIN SELECT RAISE(ABORT, 'two issuances wait for one serial number'); END
--
CREATE TRIGGER adjustment_entry_once BEFORE INSERT ON adjustment_entry
    WHEN EXISTS (SELECT 1 FROM adjustment_entry WHERE kind = NEW.kind AND registry = NEW.registry
      AND generation = NEW.generation AND first <= NEW.last AND first >= NEW.first)
      OR (SELECT last FROM adjustment_entry WHERE kind = NEW.kind AND registry = NEW.registry
          AND generation = NEW.generation AND first < NEW.first ORDER BY first DESC LIMIT 1) >= NEW.first
    BEGIN SELECT RAISE(ABORT, 'a unit is booked once for each cause'); END
--
CREATE TRIGGER reversal_once BEFORE UPDATE ON reversal
    WHEN OLD.reversed_by IS NOT NULL OR NEW.transaction_id <> OLD.transaction_id
      OR NEW.message_id <> OLD.message_id
    BEGIN SELECT RAISE(ABORT, 'a transaction is reversed once'); END
--
CREATE TRIGGER reversal_delete BEFORE DELETE ON reversal
    BEGIN SELECT RAISE(ABORT, 'reversal rows are never changed'); END
--
CREATE TRIGGER statement_signature_update BEFORE UPDATE ON statement_signature
    WHEN NEW.statement_id <> OLD.statement_id OR EXISTS (SELECT 1 FROM key k
      JOIN statement s ON s.statement_id = OLD.statement_id
      JOIN log_leaf l ON l.log_index = s.log_index
      WHERE k.keyid = OLD.keyid AND k.purpose = 'SIGN_RECEIPT'
        AND k.not_before <= l.decided_at AND l.decided_at < k.not_after
        AND (k.revoked_index IS NULL OR s.log_index <= k.revoked_index))
    BEGIN SELECT RAISE(ABORT, 'a good signature is never changed'); END
--
CREATE TRIGGER statement_signature_delete BEFORE DELETE ON statement_signature
    BEGIN SELECT RAISE(ABORT, 'statement_signature rows are never deleted'); END
--
CREATE TRIGGER transaction_record_final_stays BEFORE UPDATE OF state ON transaction_record
    WHEN OLD.state IN ('INVALIDATED', 'REJECTED', 'COMPLETED', 'TERMINATED')
    BEGIN SELECT RAISE(ABORT, 'a final state is final'); END
--
CREATE TRIGGER message_update BEFORE UPDATE OF message_id, sender_node, sender_sequence, kind, payload_hash, keyids, signatures, log_index ON message
    BEGIN SELECT RAISE(ABORT, 'message rows are never changed'); END
--
CREATE TRIGGER message_put_away BEFORE UPDATE OF payload ON message
    WHEN length(NEW.payload) > 0 OR NOT EXISTS (SELECT 1 FROM archive_file
      WHERE first_index <= OLD.log_index AND OLD.log_index <= last_index)
    BEGIN SELECT RAISE(ABORT, 'a payload only goes into an archive file'); END
--
CREATE TRIGGER message_delete BEFORE DELETE ON message
    BEGIN SELECT RAISE(ABORT, 'message rows are never changed'); END
--
CREATE TRIGGER statement_update BEFORE UPDATE OF statement_id, sequence, kind, payload_hash, causation_id, transaction_id, log_index ON statement
    BEGIN SELECT RAISE(ABORT, 'statement rows are never changed'); END
--
CREATE TRIGGER statement_put_away BEFORE UPDATE OF payload ON statement
    WHEN length(NEW.payload) > 0 OR NOT EXISTS (SELECT 1 FROM archive_file
      WHERE first_index <= OLD.log_index AND OLD.log_index <= last_index)
    BEGIN SELECT RAISE(ABORT, 'a payload only goes into an archive file'); END
--
CREATE TRIGGER statement_delete BEFORE DELETE ON statement
    BEGIN SELECT RAISE(ABORT, 'statement rows are never changed'); END
--
CREATE TRIGGER log_leaf_update BEFORE UPDATE ON log_leaf
    BEGIN SELECT RAISE(ABORT, 'log_leaf rows are never changed'); END
--
CREATE TRIGGER log_leaf_delete BEFORE DELETE ON log_leaf
    BEGIN SELECT RAISE(ABORT, 'log_leaf rows are never changed'); END
--
CREATE TRIGGER issued_block_update BEFORE UPDATE ON issued_block
    BEGIN SELECT RAISE(ABORT, 'issued_block rows are never changed'); END
--
CREATE TRIGGER issued_block_delete BEFORE DELETE ON issued_block
    BEGIN SELECT RAISE(ABORT, 'issued_block rows are never changed'); END
--
CREATE TRIGGER lookup_update BEFORE UPDATE ON lookup
    BEGIN SELECT RAISE(ABORT, 'lookup rows are never changed'); END
--
CREATE TRIGGER lookup_delete BEFORE DELETE ON lookup
    BEGIN SELECT RAISE(ABORT, 'lookup rows are never changed'); END
--
CREATE TRIGGER restated_update BEFORE UPDATE ON restated
    BEGIN SELECT RAISE(ABORT, 'restated rows are never changed'); END
--
CREATE TRIGGER restated_delete BEFORE DELETE ON restated
    BEGIN SELECT RAISE(ABORT, 'restated rows are never changed'); END
--
CREATE TRIGGER adjustment_entry_update BEFORE UPDATE ON adjustment_entry
    BEGIN SELECT RAISE(ABORT, 'adjustment_entry rows are never changed'); END
--
CREATE TRIGGER adjustment_entry_delete BEFORE DELETE ON adjustment_entry
    BEGIN SELECT RAISE(ABORT, 'adjustment_entry rows are never changed'); END
--
CREATE TRIGGER transaction_event_update BEFORE UPDATE ON transaction_event
    BEGIN SELECT RAISE(ABORT, 'transaction_event rows are never changed'); END
--
CREATE TRIGGER transaction_event_delete BEFORE DELETE ON transaction_event
    BEGIN SELECT RAISE(ABORT, 'transaction_event rows are never changed'); END
--
CREATE TRIGGER stated_update BEFORE UPDATE ON stated
    BEGIN SELECT RAISE(ABORT, 'stated rows are never changed'); END
--
CREATE TRIGGER stated_delete BEFORE DELETE ON stated
    BEGIN SELECT RAISE(ABORT, 'stated rows are never changed'); END
--
CREATE TRIGGER conflicting_message_update BEFORE UPDATE ON conflicting_message
    BEGIN SELECT RAISE(ABORT, 'conflicting_message rows are never changed'); END
--
CREATE TRIGGER conflicting_message_delete BEFORE DELETE ON conflicting_message
    BEGIN SELECT RAISE(ABORT, 'conflicting_message rows are never changed'); END
--
CREATE TRIGGER clock_acceptance_update BEFORE UPDATE ON clock_acceptance
    BEGIN SELECT RAISE(ABORT, 'clock_acceptance rows are never changed'); END
--
CREATE TRIGGER clock_acceptance_delete BEFORE DELETE ON clock_acceptance
    BEGIN SELECT RAISE(ABORT, 'clock_acceptance rows are never changed'); END
--
CREATE TRIGGER registry_report_update BEFORE UPDATE ON registry_report
    BEGIN SELECT RAISE(ABORT, 'registry_report rows are never changed'); END
--
CREATE TRIGGER registry_report_delete BEFORE DELETE ON registry_report
    BEGIN SELECT RAISE(ABORT, 'registry_report rows are never changed'); END
--
CREATE TRIGGER reported_action_update BEFORE UPDATE ON reported_action
    BEGIN SELECT RAISE(ABORT, 'reported_action rows are never changed'); END
--
CREATE TRIGGER reported_action_delete BEFORE DELETE ON reported_action
    BEGIN SELECT RAISE(ABORT, 'reported_action rows are never changed'); END
--
CREATE TRIGGER notice_update BEFORE UPDATE ON notice
    BEGIN SELECT RAISE(ABORT, 'notice rows are never changed'); END
--
CREATE TRIGGER notice_delete BEFORE DELETE ON notice
    BEGIN SELECT RAISE(ABORT, 'notice rows are never changed'); END
--
CREATE TRIGGER noticed_units_update BEFORE UPDATE ON noticed_units
    BEGIN SELECT RAISE(ABORT, 'noticed_units rows are never changed'); END
--
CREATE TRIGGER noticed_units_delete BEFORE DELETE ON noticed_units
    BEGIN SELECT RAISE(ABORT, 'noticed_units rows are never changed'); END
--
CREATE TRIGGER notice_recipient_update BEFORE UPDATE ON notice_recipient
    BEGIN SELECT RAISE(ABORT, 'notice_recipient rows are never changed'); END
--
CREATE TRIGGER notice_recipient_delete BEFORE DELETE ON notice_recipient
    BEGIN SELECT RAISE(ABORT, 'notice_recipient rows are never changed'); END
--
CREATE TRIGGER notice_acknowledgement_update BEFORE UPDATE ON notice_acknowledgement
    BEGIN SELECT RAISE(ABORT, 'notice_acknowledgement rows are never changed'); END
--
CREATE TRIGGER notice_acknowledgement_delete BEFORE DELETE ON notice_acknowledgement
    BEGIN SELECT RAISE(ABORT, 'notice_acknowledgement rows are never changed'); END
--
CREATE TRIGGER programme_event_update BEFORE UPDATE ON programme_event
    BEGIN SELECT RAISE(ABORT, 'programme_event rows are never changed'); END
--
CREATE TRIGGER programme_event_delete BEFORE DELETE ON programme_event
    BEGIN SELECT RAISE(ABORT, 'programme_event rows are never changed'); END
--
CREATE TRIGGER maintenance_update BEFORE UPDATE ON maintenance
    BEGIN SELECT RAISE(ABORT, 'maintenance rows are never changed'); END
--
CREATE TRIGGER maintenance_delete BEFORE DELETE ON maintenance
    BEGIN SELECT RAISE(ABORT, 'maintenance rows are never changed'); END
--
CREATE TRIGGER case_event_update BEFORE UPDATE ON case_event
    BEGIN SELECT RAISE(ABORT, 'case_event rows are never changed'); END
--
CREATE TRIGGER case_event_delete BEFORE DELETE ON case_event
    BEGIN SELECT RAISE(ABORT, 'case_event rows are never changed'); END
