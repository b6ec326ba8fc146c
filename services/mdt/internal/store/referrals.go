package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"example.org/waypost/pkg/pg"
	"example.org/waypost/schemas/terms"
	"example.org/waypost/services/mdt/internal/domain"
)

const draftColumns = `d.id::text, d.organisation_id::text, d.kind, coalesce(d.meeting_id::text, ''), coalesce(d.patient_ref::text, ''), d.flags_clear_at, coalesce(d.flags_asked_by::text, ''),
	coalesce(d.consent_id::text, ''), d.consent_purpose, d.consent_given, d.consent_how, coalesce(d.consent_by::text, ''), d.consent_at, coalesce(d.consent_until::text, ''), d.need, d.urgency, d.receiver_kind, coalesce(d.receiver_id::text, ''),
	d.reason, d.narrative, d.safeguarding, d.codes, d.accessibility, d.described_at, d.started_by::text, d.started_at, d.changed_at, d.expires_at, coalesce(d.done_as::text, ''), d.version`

func scanDraft(row pgx.CollectableRow) (d domain.Draft, err error) {
	var clear, asked, described *time.Time
	err = row.Scan(&d.ID, &d.OrganisationID, &d.Kind, &d.MeetingID, &d.PatientRef, &clear, &d.FlagsAskedBy,
		&d.Consent.ID, &d.Consent.Purpose, &d.Consent.Given, &d.Consent.How, &d.Consent.AskedBy, &asked, &d.Consent.UntilOn, &d.Need, &d.Urgency, &d.ReceiverKind, &d.ReceiverID,
		&d.Reason, &d.Narrative, &d.Safeguarding, &d.Codes, &d.Accessibility, &described, &d.StartedBy, &d.StartedAt, &d.ChangedAt, &d.ExpiresAt, &d.DoneAs, &d.Version)
	d.FlagsClearAt, d.Consent.AskedAt, d.DescribedAt = timeOf(clear), timeOf(asked), timeOf(described)
	return d, err
}

// Draft reads one that has not expired. The error is domain.ErrNoDraft.
func Draft(ctx context.Context, tx pgx.Tx, id string, now time.Time) (domain.Draft, error) {
	return one(ctx, tx, "read draft", domain.ErrNoDraft, scanDraft, `select `+draftColumns+` from draft d where d.id = $1 and (d.expires_at > $2 or d.done_as is not null)`, id, now)
}

// LockDraft is Draft, held until the transaction ends.
func LockDraft(ctx context.Context, tx pgx.Tx, id string, now time.Time) (domain.Draft, error) {
	return one(ctx, tx, "lock draft", domain.ErrNoDraft, scanDraft, `select `+draftColumns+` from draft d where d.id = $1 and (d.expires_at > $2 or d.done_as is not null) for update`, id, now)
}

// Drafts lists what was begun and not sent, latest first.
func Drafts(ctx context.Context, tx pgx.Tx, now time.Time) ([]domain.Draft, error) {
	return many(ctx, tx, "list drafts", scanDraft, `select `+draftColumns+` from draft d where d.done_as is null and d.expires_at > $1 order by d.changed_at desc, d.id limit 100`, now)
}

// SaveDraft writes it as it stands now.
func SaveDraft(ctx context.Context, tx pgx.Tx, d domain.Draft) error {
	return pg.Later(ctx, tx, "save draft", `insert into draft (id, organisation_id, kind, meeting_id, patient_ref, flags_clear_at, flags_asked_by, consent_id, consent_purpose, consent_given, consent_how, consent_by, consent_at,
			need, urgency, receiver_kind, receiver_id, reason, narrative, safeguarding, codes, accessibility, described_at, started_by, started_at, changed_at, expires_at, done_as, version, consent_until)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)
		on conflict (id) do update set consent_until = excluded.consent_until, patient_ref = excluded.patient_ref, flags_clear_at = excluded.flags_clear_at, flags_asked_by = excluded.flags_asked_by, consent_id = excluded.consent_id,
			consent_purpose = excluded.consent_purpose, consent_given = excluded.consent_given, consent_how = excluded.consent_how, consent_by = excluded.consent_by, consent_at = excluded.consent_at,
			need = excluded.need, urgency = excluded.urgency, receiver_kind = excluded.receiver_kind, receiver_id = excluded.receiver_id, reason = excluded.reason, narrative = excluded.narrative,
			safeguarding = excluded.safeguarding, codes = excluded.codes, accessibility = excluded.accessibility, described_at = excluded.described_at, changed_at = excluded.changed_at,
			expires_at = excluded.expires_at, done_as = excluded.done_as, version = excluded.version`,
		d.ID, d.OrganisationID, d.Kind, orNull(d.MeetingID), orNull(d.PatientRef), timeOrNull(d.FlagsClearAt), orNull(d.FlagsAskedBy), orNull(d.Consent.ID), d.Consent.Purpose, d.Consent.Given, d.Consent.How,
		orNull(d.Consent.AskedBy), timeOrNull(d.Consent.AskedAt), d.Need, d.Urgency, d.ReceiverKind, orNull(d.ReceiverID), d.Reason, d.Narrative, d.Safeguarding, list(d.Codes), list(d.Accessibility),
		timeOrNull(d.DescribedAt), d.StartedBy, d.StartedAt, d.ChangedAt, d.ExpiresAt, orNull(d.DoneAs), d.Version, orNull(d.Consent.UntilOn))
}

// DropDraft deletes one that was not sent.
func DropDraft(ctx context.Context, tx pgx.Tx, id string) error {
	return pg.Later(ctx, tx, "delete draft", `delete from draft where id = $1 and done_as is null`, id)
}

// DropExpired deletes drafts whose time is over.
func DropExpired(ctx context.Context, tx pgx.Tx, now time.Time) (int, error) {
	return exec(ctx, tx, "delete expired drafts", `delete from draft where expires_at <= $1 and done_as is null`, now)
}

const referralColumns = `r.id::text, r.organisation_id::text, r.patient_ref::text, r.reference, r.need, r.urgency, r.sensitive, r.receiver_kind, coalesce(r.receiver_id::text, ''), r.consent_id::text, r.narrative, r.safeguarding,
	r.codes, r.accessibility, r.requested_by::text, r.requested_at, coalesce(r.answered_question::text, ''), coalesce(r.withdrawn_by::text, ''), r.withdrawn_at, r.withdrawal_reason,
	r.heard, coalesce(r.case_id::text, ''), r.state, r.reason, r.owes, r.due_at, coalesce(r.offer_id::text, ''), r.reached_kind, coalesce(r.reached_id::text, ''), r.bounces, coalesce(r.question_id::text, ''), r.message,
	coalesce(r.escalated_to::text, ''), coalesce(r.joined_into::text, ''), r.outcome, coalesce(r.changed_by::text, ''), r.changed_at, r.did, r.version, notice_state(r.offer_id)`

func scanReferral(row pgx.CollectableRow) (r domain.Referral, err error) {
	var withdrawn, due *time.Time
	err = row.Scan(&r.ID, &r.OrganisationID, &r.PatientRef, &r.Reference, &r.Need, &r.Urgency, &r.Sensitive, &r.ReceiverKind, &r.ReceiverID, &r.ConsentID, &r.Narrative, &r.Safeguarding,
		&r.Codes, &r.Accessibility, &r.RequestedBy, &r.RequestedAt, &r.AnsweredQuestion, &r.WithdrawnBy, &withdrawn, &r.WithdrawalReason,
		&r.Heard, &r.CaseID, &r.State, &r.Reason, &r.Owes, &due, &r.OfferID, &r.ReachedKind, &r.ReachedID, &r.Bounces, &r.QuestionID, &r.Message,
		&r.EscalatedTo, &r.JoinedInto, &r.Outcome, &r.ChangedBy, &r.ChangedAt, &r.Did, &r.Version, &r.Notice)
	r.WithdrawnAt, r.DueAt = timeOf(withdrawn), timeOf(due)
	return r, err
}

// Referral reads one. The error is domain.ErrNoReferral.
func Referral(ctx context.Context, tx pgx.Tx, id string) (domain.Referral, error) {
	return one(ctx, tx, "read referral", domain.ErrNoReferral, scanReferral, `select `+referralColumns+` from referral r where r.id = $1`, id)
}

// LockReferral is Referral, held until the transaction ends.
func LockReferral(ctx context.Context, tx pgx.Tx, id string) (domain.Referral, error) {
	return one(ctx, tx, "lock referral", domain.ErrNoReferral, scanReferral, `select `+referralColumns+` from referral r where r.id = $1 for update`, id)
}

// AddReferral keeps one that is sent; added is false when its reference is taken.
func AddReferral(ctx context.Context, tx pgx.Tx, r domain.Referral) (added bool, err error) {
	n, err := exec(ctx, tx, "add referral", `insert into referral (id, organisation_id, patient_ref, first_ref, reference, need, urgency, sensitive, receiver_kind, receiver_id, consent_id, narrative, safeguarding, codes, accessibility,
			requested_by, requested_at, changed_by, changed_at, did)
		values ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $15, $16, 'sent this') on conflict (reference) do nothing`,
		r.ID, r.OrganisationID, r.PatientRef, r.Reference, r.Need, r.Urgency, r.Sensitive, r.ReceiverKind, orNull(r.ReceiverID), r.ConsentID, r.Narrative, r.Safeguarding, list(r.Codes), list(r.Accessibility),
		r.RequestedBy, r.RequestedAt)
	return n == 1, err
}

// SaveReferral writes it as it stands now, one version on.
func SaveReferral(ctx context.Context, tx pgx.Tx, r domain.Referral) error {
	return pg.Later(ctx, tx, "save referral", `update referral set answered_question = $2, withdrawn_by = $3, withdrawn_at = $4, withdrawal_reason = $5, heard = $6, case_id = $7, state = $8, reason = $9, owes = $10, due_at = $11,
			offer_id = $12, reached_kind = $13, reached_id = $14, bounces = $15, question_id = $16, message = $17, escalated_to = $18, joined_into = $19, outcome = $20, open = $21, changed_by = $22, changed_at = $23, did = $24,
			version = $25 where id = $1`,
		r.ID, orNull(r.AnsweredQuestion), orNull(r.WithdrawnBy), timeOrNull(r.WithdrawnAt), r.WithdrawalReason, r.Heard, orNull(r.CaseID), r.State, r.Reason, r.Owes, timeOrNull(r.DueAt),
		orNull(r.OfferID), r.ReachedKind, orNull(r.ReachedID), r.Bounces, orNull(r.QuestionID), r.Message, orNull(r.EscalatedTo), orNull(r.JoinedInto), r.Outcome, r.Open(), orNull(r.ChangedBy), r.ChangedAt, r.Did, r.Version)
}

// ReferralPlace is where a list of referrals ended.
type ReferralPlace struct {
	At time.Time `json:"a"`
	ID string    `json:"i"`
}

// ReferralQuery says which referrals.
type ReferralQuery struct {
	Show   string // open, asked, held, bounced, ended; "" is all
	Need   terms.Need
	Sent   bool // by when it was sent; else by what changed last
	Oldest bool
	After  *ReferralPlace
	Limit  int
}

var shows = map[string]string{
	"":        `true`,
	"open":    `r.open`,
	"asked":   `r.open and r.state = 'information_asked' and r.question_id is not null and r.answered_question is distinct from r.question_id`,
	"held":    `r.open and r.state = 'held'`,
	"bounced": `r.open and r.bounces > 0`,
	"ended":   `not r.open`,
}

// Referrals lists what the organisation sent.
func Referrals(ctx context.Context, tx pgx.Tx, q ReferralQuery) ([]domain.Referral, error) {
	where, ok := shows[q.Show]
	if !ok {
		where = `true`
	}
	by, dir, cmp := `r.changed_at`, `desc`, `<`
	if q.Sent {
		by = `r.requested_at`
	}
	if q.Oldest {
		dir, cmp = `asc`, `>`
	}
	args := pgx.NamedArgs{"limit": q.Limit, "need": q.Need}
	where += ` and (@need = '' or r.need = @need)`
	if q.After != nil {
		where += ` and (` + by + `, r.id) ` + cmp + ` (@at, @id)`
		args["at"], args["id"] = q.After.At, q.After.ID
	}
	return many(ctx, tx, "list referrals", scanReferral, `select `+referralColumns+` from referral r where `+where+` order by `+by+` `+dir+`, r.id `+dir+` limit @limit`, args)
}

// ReferralsOf lists a patient's.
func ReferralsOf(ctx context.Context, tx pgx.Tx, ref string) ([]domain.Referral, error) {
	return many(ctx, tx, "list referrals of patient", scanReferral, `select `+referralColumns+` from referral r where r.patient_ref = $1 order by r.requested_at desc limit 50`, ref)
}

// ReferralByReference finds one as it is read out over the telephone.
func ReferralByReference(ctx context.Context, tx pgx.Tx, reference string) ([]domain.Referral, error) {
	return many(ctx, tx, "find referral", scanReferral, `select `+referralColumns+` from referral r where r.reference = $1`, reference)
}

// Step is one thing that became of a referral.
type Step struct {
	ID          string
	ReferralID  string
	At          time.Time
	By          string
	What        string // a referral state, or answered
	Reason      string
	ReachedKind terms.ReceiverKind
	ReachedID   string
	Message     string
}

// AddStep keeps it.
func AddStep(ctx context.Context, tx pgx.Tx, organisation string, s Step) error {
	return pg.Later(ctx, tx, "add step", `insert into referral_step (id, referral_id, organisation_id, at, by_id, what, reason, reached_kind, reached_id, message) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		s.ID, s.ReferralID, organisation, s.At, orNull(s.By), s.What, s.Reason, s.ReachedKind, orNull(s.ReachedID), s.Message)
}

// Steps lists them, latest first.
func Steps(ctx context.Context, tx pgx.Tx, referral string) ([]Step, error) {
	return many(ctx, tx, "list steps", func(row pgx.CollectableRow) (s Step, err error) {
		err = row.Scan(&s.ID, &s.ReferralID, &s.At, &s.By, &s.What, &s.Reason, &s.ReachedKind, &s.ReachedID, &s.Message)
		return s, err
	}, `select id::text, referral_id::text, at, coalesce(by_id::text, ''), what, reason, reached_kind, coalesce(reached_id::text, ''), message from referral_step where referral_id = $1 order by at desc, id desc`, referral)
}
