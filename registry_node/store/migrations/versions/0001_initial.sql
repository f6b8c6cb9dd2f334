CREATE TABLE account (
	account_id TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	account_type INTEGER NOT NULL, 
	statement BLOB NOT NULL, 
	state TEXT NOT NULL, 
	message_id TEXT NOT NULL, 
	PRIMARY KEY (account_id), 
	CONSTRAINT state_known CHECK (state IN ('PENDING', 'OPEN', 'CLOSED', 'REFUSED')), 
	CONSTRAINT account_type_bounds CHECK (account_type BETWEEN 0 AND 999)
)
 STRICT
--
CREATE TABLE alarm (
	number INTEGER NOT NULL, 
	at INTEGER NOT NULL, 
	code TEXT NOT NULL, 
	found TEXT NOT NULL, 
	transaction_id TEXT NOT NULL, 
	delivery_sequence INTEGER, 
	acknowledged_at INTEGER, 
	PRIMARY KEY (number)
)
 STRICT
--
CREATE TABLE broker_key (
	keyid TEXT NOT NULL, 
	raw BLOB NOT NULL, 
	not_before INTEGER, 
	not_after INTEGER, 
	revoked_at INTEGER, 
	revoked_index INTEGER, 
	PRIMARY KEY (keyid)
)
 STRICT
--
CREATE TABLE catalogue (
	digest BLOB NOT NULL, 
	content BLOB NOT NULL, 
	PRIMARY KEY (digest)
)
 STRICT
--
CREATE TABLE commit_mark (
	id INTEGER NOT NULL CHECK (id = 1), 
	database_id TEXT NOT NULL, 
	commits INTEGER NOT NULL, 
	mark BLOB NOT NULL, 
	previous_mark BLOB NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT commits_count CHECK (commits >= 0)
)
 STRICT
--
CREATE TABLE delivery (
	sequence INTEGER NOT NULL, 
	transaction_id TEXT NOT NULL, 
	received_at INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	code TEXT NOT NULL, 
	found TEXT NOT NULL, 
	raw BLOB, 
	applied_after INTEGER, 
	digest BLOB NOT NULL, 
	PRIMARY KEY (sequence), 
	CONSTRAINT state_known CHECK (state IN ('APPLIED', 'QUARANTINED')), 
	CONSTRAINT quarantine_keeps_it CHECK ((state = 'QUARANTINED') = (raw IS NOT NULL))
)
 STRICT
--
CREATE TABLE draft (
	kind TEXT NOT NULL, 
	name TEXT NOT NULL, 
	body BLOB NOT NULL, 
	PRIMARY KEY (kind, name), 
	CONSTRAINT kind_known CHECK (kind IN ('proposal', 'proposal-batch', 'acceptance', 'acceptance-batch', 'rejection', 'rejection-batch', 'completion', 'withdrawal', 'verdict', 'receipt', 'receipt-batch', 'authorization-statement', 'account-statement', 'key-statement', 'join-request', 'node-statement', 'registry-statement', 'party-statement', 'inventory-statement', 'cooperative-approach-statement', 'activity-statement', 'reversal-statement', 'sharing-statement', 'registry-report', 'unit-notice', 'notice-acknowledgement', 'programme-event', 'administrator-message', 'maintenance-statement', 'kyoto-statement', 'reconciliation-statement', 'case-resolution'))
)
 STRICT
--
CREATE TABLE holding (
	registry TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	account_id TEXT NOT NULL, 
	attributes BLOB NOT NULL, 
	marks TEXT NOT NULL, 
	reserved_by TEXT, 
	PRIMARY KEY (registry, first), 
	CONSTRAINT serials CHECK (1 <= first AND first <= last AND last <= 100000000000000)
)
 STRICT
--
CREATE INDEX holding_account ON holding (account_id, registry, first)
--
CREATE INDEX holding_reserved ON holding (reserved_by)
--
CREATE TABLE instruction (
	number INTEGER NOT NULL, 
	instruction_id TEXT NOT NULL, 
	action TEXT NOT NULL, 
	transaction_id TEXT NOT NULL, 
	account_id TEXT NOT NULL, 
	units TEXT NOT NULL, 
	created_at INTEGER NOT NULL, 
	done_at INTEGER, 
	attempts INTEGER NOT NULL, 
	last_error TEXT NOT NULL, 
	PRIMARY KEY (number), 
	CONSTRAINT action_known CHECK (action IN ('RESERVE', 'RELEASE', 'DEBIT', 'CREDIT')), 
	UNIQUE (instruction_id)
)
 STRICT
--
CREATE INDEX instruction_open ON instruction (done_at, number)
--
CREATE TABLE job (
	digest BLOB NOT NULL, 
	name TEXT NOT NULL, 
	state TEXT NOT NULL, 
	created_at INTEGER NOT NULL, 
	PRIMARY KEY (digest), 
	CONSTRAINT state_known CHECK (state IN ('LOADING', 'STARTED', 'STOPPED'))
)
 STRICT
--
CREATE TABLE job_row (
	digest BLOB NOT NULL, 
	"row" INTEGER NOT NULL, 
	transaction_id TEXT NOT NULL, 
	proposal BLOB NOT NULL, 
	from_registry TEXT NOT NULL, 
	to_registry TEXT NOT NULL, 
	together INTEGER NOT NULL, 
	queued INTEGER NOT NULL CHECK (queued IN (0, 1)), 
	code TEXT NOT NULL, 
	found TEXT NOT NULL, 
	PRIMARY KEY (digest, "row")
)
 STRICT
--
CREATE INDEX job_row_transaction ON job_row (transaction_id)
--
CREATE INDEX job_row_waiting ON job_row (digest, from_registry, to_registry, "row") WHERE queued = 0 AND code = ''
--
CREATE TABLE known_key (
	keyid TEXT NOT NULL, 
	node TEXT NOT NULL, 
	purpose TEXT NOT NULL, 
	raw BLOB NOT NULL, 
	not_before INTEGER NOT NULL, 
	not_after INTEGER NOT NULL, 
	revoked_at INTEGER, 
	PRIMARY KEY (keyid)
)
 STRICT
--
CREATE TABLE mirrored (
	registry TEXT NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	holder TEXT NOT NULL, 
	position BLOB NOT NULL, 
	pulled_at INTEGER NOT NULL, 
	log_size INTEGER NOT NULL, 
	PRIMARY KEY (registry, first)
)
 STRICT
--
CREATE TABLE node_state (
	id INTEGER NOT NULL CHECK (id = 1), 
	node TEXT NOT NULL, 
	network_id TEXT NOT NULL, 
	cursor INTEGER NOT NULL, 
	recorded_sequence INTEGER NOT NULL, 
	recorded_hash BLOB NOT NULL, 
	clock_offset_ms INTEGER NOT NULL, 
	record_fault TEXT NOT NULL, 
	PRIMARY KEY (id), 
	CONSTRAINT positions_count CHECK (cursor >= 0 AND recorded_sequence >= 0)
)
 STRICT
--
CREATE TABLE notice (
	number INTEGER NOT NULL, 
	notice_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	node TEXT NOT NULL, 
	payload BLOB NOT NULL, 
	payload_hash BLOB NOT NULL, 
	receipt BLOB NOT NULL, 
	received_at INTEGER NOT NULL, 
	acknowledged_at INTEGER, 
	read_by TEXT NOT NULL, 
	PRIMARY KEY (number), 
	CONSTRAINT kind_known CHECK (kind IN ('proposal', 'proposal-batch', 'acceptance', 'acceptance-batch', 'rejection', 'rejection-batch', 'completion', 'withdrawal', 'verdict', 'receipt', 'receipt-batch', 'authorization-statement', 'account-statement', 'key-statement', 'join-request', 'node-statement', 'registry-statement', 'party-statement', 'inventory-statement', 'cooperative-approach-statement', 'activity-statement', 'reversal-statement', 'sharing-statement', 'registry-report', 'unit-notice', 'notice-acknowledgement', 'programme-event', 'administrator-message', 'maintenance-statement', 'kyoto-statement', 'reconciliation-statement', 'case-resolution')), 
	UNIQUE (notice_id)
)
 STRICT
--
CREATE TABLE outbox_item (
	item_id INTEGER NOT NULL, 
	message_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	body BLOB NOT NULL, 
	transaction_id TEXT, 
	status TEXT NOT NULL, 
	created_at INTEGER NOT NULL, 
	changed_at INTEGER NOT NULL, 
	effective INTEGER CHECK (effective IN (0, 1)), 
	code TEXT NOT NULL, 
	found TEXT NOT NULL, 
	after_delivery INTEGER NOT NULL, 
	PRIMARY KEY (item_id), 
	CONSTRAINT kind_known CHECK (kind IN ('proposal', 'proposal-batch', 'acceptance', 'acceptance-batch', 'rejection', 'rejection-batch', 'completion', 'withdrawal', 'verdict', 'receipt', 'receipt-batch', 'authorization-statement', 'account-statement', 'key-statement', 'join-request', 'node-statement', 'registry-statement', 'party-statement', 'inventory-statement', 'cooperative-approach-statement', 'activity-statement', 'reversal-statement', 'sharing-statement', 'registry-report', 'unit-notice', 'notice-acknowledgement', 'programme-event', 'administrator-message', 'maintenance-statement', 'kyoto-statement', 'reconciliation-statement', 'case-resolution')), 
	CONSTRAINT status_known CHECK (status IN ('QUEUED', 'SIGNED', 'ANSWERED', 'DECIDED', 'REFUSED')), 
	CONSTRAINT decided_has_effect CHECK ((status = 'DECIDED') = (effective IS NOT NULL)), 
	UNIQUE (message_id)
)
 STRICT
--
CREATE INDEX outbox_item_kind ON outbox_item (kind, item_id)
--
CREATE INDEX outbox_item_status ON outbox_item (status, item_id)
--
CREATE INDEX outbox_item_transaction ON outbox_item (transaction_id)
--
CREATE TABLE proof (
	payload_hash BLOB NOT NULL, 
	message_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	node TEXT NOT NULL, 
	causation_id TEXT NOT NULL, 
	envelope BLOB NOT NULL, 
	log_index INTEGER, 
	judged_at INTEGER NOT NULL, 
	received_at INTEGER NOT NULL, 
	delivery_sequence INTEGER, 
	effective INTEGER CHECK (effective IN (0, 1)), 
	code TEXT NOT NULL, 
	found TEXT NOT NULL, 
	PRIMARY KEY (payload_hash), 
	CONSTRAINT kind_known CHECK (kind IN ('proposal', 'proposal-batch', 'acceptance', 'acceptance-batch', 'rejection', 'rejection-batch', 'completion', 'withdrawal', 'verdict', 'receipt', 'receipt-batch', 'authorization-statement', 'account-statement', 'key-statement', 'join-request', 'node-statement', 'registry-statement', 'party-statement', 'inventory-statement', 'cooperative-approach-statement', 'activity-statement', 'reversal-statement', 'sharing-statement', 'registry-report', 'unit-notice', 'notice-acknowledgement', 'programme-event', 'administrator-message', 'maintenance-statement', 'kyoto-statement', 'reconciliation-statement', 'case-resolution'))
)
 STRICT
--
CREATE INDEX proof_causation ON proof (causation_id)
--
CREATE INDEX proof_message ON proof (message_id)
--
CREATE TABLE reconciliation (
	reconciliation_id TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	begun_at INTEGER NOT NULL, 
	changed_at INTEGER NOT NULL, 
	log_index INTEGER NOT NULL, 
	stage TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	found TEXT NOT NULL, 
	case_id TEXT NOT NULL, 
	next_statement BLOB NOT NULL, 
	PRIMARY KEY (reconciliation_id), 
	CONSTRAINT outcome_known CHECK (outcome IN ('OPEN', 'AGREED', 'DIFFERS', 'REFUSED'))
)
 STRICT
--
CREATE INDEX reconciliation_next ON reconciliation (registry) WHERE next_statement <> x''
--
CREATE INDEX reconciliation_registry ON reconciliation (registry, begun_at)
--
CREATE TABLE reconciliation_case (
	case_id TEXT NOT NULL, 
	registry TEXT NOT NULL, 
	opened_at INTEGER NOT NULL, 
	differences BLOB NOT NULL, 
	resolution BLOB NOT NULL, 
	resolved_at INTEGER, 
	PRIMARY KEY (case_id)
)
 STRICT
--
CREATE TABLE proof_transaction (
	transaction_id TEXT NOT NULL, 
	payload_hash BLOB NOT NULL, 
	PRIMARY KEY (transaction_id, payload_hash), 
	FOREIGN KEY(payload_hash) REFERENCES proof (payload_hash)
)
 STRICT
--
CREATE TABLE signed_version (
	payload_hash BLOB NOT NULL, 
	item_id INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	sender_sequence INTEGER NOT NULL, 
	keyid TEXT NOT NULL, 
	envelope BLOB NOT NULL, 
	signed_at INTEGER NOT NULL, 
	PRIMARY KEY (payload_hash), 
	CONSTRAINT signed_version_counts UNIQUE (item_id, version), 
	CONSTRAINT sequence_counts CHECK (sender_sequence >= 1), 
	FOREIGN KEY(item_id) REFERENCES outbox_item (item_id)
)
 STRICT
--
CREATE TABLE traded (
	number INTEGER NOT NULL, 
	transaction_id TEXT NOT NULL, 
	state TEXT NOT NULL, 
	termination_cause TEXT, 
	proposed_here INTEGER NOT NULL CHECK (proposed_here IN (0, 1)), 
	received_here INTEGER NOT NULL CHECK (received_here IN (0, 1)), 
	proposal BLOB NOT NULL, 
	from_registry TEXT NOT NULL, 
	to_registry TEXT NOT NULL, 
	from_account TEXT NOT NULL, 
	to_account TEXT NOT NULL, 
	quantity INTEGER NOT NULL, 
	completion TEXT NOT NULL, 
	deadline INTEGER, 
	marks TEXT NOT NULL, 
	recorded BLOB NOT NULL, 
	proposal_hash BLOB, 
	verdict_hash BLOB, 
	answer_hash BLOB, 
	closing_hash BLOB, 
	refusal_code TEXT NOT NULL, 
	refusal_found TEXT NOT NULL, 
	answer_item INTEGER, 
	created_at INTEGER NOT NULL, 
	updated_at INTEGER NOT NULL, 
	PRIMARY KEY (number), 
	CONSTRAINT state_known CHECK (state IN ('PROPOSED', 'VALIDATED', 'INVALIDATED', 'ACCEPTED', 'REJECTED', 'COMPLETED', 'TERMINATED')), 
	CONSTRAINT termination_cause_known CHECK (termination_cause IN ('WITHDRAWN', 'TIMED_OUT')), 
	CONSTRAINT quantity_counts CHECK (quantity >= 0), 
	CONSTRAINT a_side_of_it CHECK (proposed_here OR received_here), 
	UNIQUE (transaction_id), 
	FOREIGN KEY(answer_item) REFERENCES outbox_item (item_id)
)
 STRICT
--
CREATE INDEX traded_refused ON traded (transaction_id) WHERE refusal_code <> ''
--
CREATE INDEX traded_state ON traded (state, number)
--
CREATE TRIGGER holding_disjoint BEFORE INSERT ON holding WHEN NEW.first <= (
         SELECT last FROM holding WHERE registry = NEW.registry AND first <= NEW.last
         ORDER BY first DESC LIMIT 1)
       BEGIN SELECT RAISE(ABORT, 'holding overlaps another one'); END
--
CREATE TRIGGER holding_final BEFORE UPDATE ON holding
       BEGIN SELECT RAISE(ABORT, 'holdings are replaced, not changed'); END
--
CREATE TRIGGER proof_no_update BEFORE UPDATE ON proof
        BEGIN SELECT RAISE(ABORT, 'proofs are never changed'); END
--
CREATE TRIGGER proof_no_delete BEFORE DELETE ON proof
        BEGIN SELECT RAISE(ABORT, 'proofs are never changed'); END
