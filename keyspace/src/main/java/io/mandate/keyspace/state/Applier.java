package io.mandate.keyspace.state;

import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.Applied;
import io.mandate.keyspace.api.Command;
import io.mandate.keyspace.api.Event;
import io.mandate.keyspace.api.Member;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Outcome.Refused.Reason;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.RequestRules;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.keyspace.api.WritesSpace;
import io.mandate.keyspace.index.LeaseEntry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What each command does. Used by the writer alone. */
public final class Applier implements Command.Handler<Applied> {
    private final State state;
    private long term;

    public Applier(State state) {
        this.state = state;
    }

    /**
     * Carries {@code request}, found in an entry of {@code entryTerm}, out or refuses it; a request that was applied
     * before gets its first answer and has no effect. A request that ends its own session leaves no answer behind:
     * there is no session left to ask in.
     */
    public Applied apply(long entryTerm, Request request) {
        term = entryTerm;
        Request.RequestId id = request.id();
        if (id == null) {
            return request.command().accept(this);
        }
        if (state.leases.get(id.sessionId()) == null) {
            return refused(Reason.LEASE_NOT_FOUND);
        }
        Outcome firstAnswer = state.sessions.firstAnswer(id);
        if (firstAnswer != null) {
            return new Applied(firstAnswer, List.of(), List.of());
        }
        if (state.sessions.isForgotten(id)) {
            return refused(Reason.REQUEST_FORGOTTEN);
        }
        Applied applied = request.command().accept(this);
        if (state.leases.get(id.sessionId()) != null) {
            state.sessions.remember(id, applied.outcome());
        }
        return applied;
    }

    @Override
    public Applied put(TxnOperation.Put put) {
        Reason reason = alarmAgainst(true);
        if (reason == null && isLeaseMissing(put)) {
            reason = Reason.LEASE_NOT_FOUND;
        }
        if (reason != null) {
            return refused(reason);
        }
        Draft draft = new Draft(state);
        return finish(draft, draft.put(put));
    }

    @Override
    public Applied deleteRange(TxnOperation.DeleteRange deleteRange) {
        Reason reason = alarmAgainst(false);
        if (reason != null) {
            return refused(reason);
        }
        Draft draft = new Draft(state);
        return finish(draft, draft.deleteRange(deleteRange));
    }

    /**
     * First the whole path of decisions, then everything that could refuse it (puts before ranges, as etcd), then the
     * run. After those checks only a request that breaks {@link RequestRules} can still be refused in the run; it is
     * undone.
     */
    @Override
    public Applied txn(TxnOperation.Txn txn) {
        Reason reason = alarmAgainst(WritesSpace.inAnyBranch(txn));
        if (reason != null) {
            return refused(reason);
        }
        long revision = state.revision();
        TxnBranches plan = TxnBranches.of(txn, compare -> Evaluation.holds(state.index, compare, revision));
        reason = plan.firstRefusal(this::refusalOfPut);
        if (reason == null) {
            reason = plan.firstRefusal(new RangeCheck(revision, state.compactedRevision()));
        }
        if (reason != null) {
            return refused(reason);
        }
        Draft draft = new Draft(state);
        return finish(draft, plan.run(draft, draft::revision));
    }

    @Override
    public Applied compact(Command.Compact compact) {
        Reason reason = alarmAgainst(false);
        if (reason == null && compact.revision() <= state.compactedRevision()) {
            reason = Reason.REVISION_COMPACTED;
        }
        if (reason == null && compact.revision() > state.revision()) {
            reason = Reason.REVISION_IN_FUTURE;
        }
        if (reason != null) {
            return refused(reason);
        }
        state.compactedRevision(compact.revision());
        return done();
    }

    @Override
    public Applied leaseGrant(Command.LeaseGrant grant) {
        Reason reason = alarmAgainst(true);
        if (reason == null && state.leases.get(grant.leaseId()) != null) {
            reason = Reason.LEASE_EXISTS;
        }
        if (reason != null) {
            return refused(reason);
        }
        state.grants(state.grants() + 1);
        LeaseEntry lease = new LeaseEntry(grant.leaseId(), grant.ttlMillis(), state.grants());
        state.leases.put(lease);
        return new Applied(
                new Outcome.Granted(state.revision(), lease.id(), lease.ttlMillis()),
                List.of(),
                List.of(new Applied.LeaseStarted(lease.toLease())));
    }

    @Override
    public Applied leaseRevoke(Command.LeaseRevoke revoke) {
        Reason reason = alarmAgainst(false);
        LeaseEntry lease = state.leases.get(revoke.leaseId());
        if (reason != null) {
            return refused(reason);
        }
        if (lease == null) {
            return refused(Reason.LEASE_NOT_FOUND);
        }
        List<Event> events = end(lease);
        return new Applied(
                new Outcome.Done(state.revision()), events, List.of(new Applied.LeaseEnded(revoke.leaseId())));
    }

    @Override
    public Applied leaseExpire(Command.LeaseExpire expire) {
        Reason reason = alarmAgainst(false);
        if (reason == null && expire.leaderTerm() != term) {
            reason = Reason.STALE_TERM;
        }
        if (reason != null) {
            return refused(reason);
        }
        List<Event> events = new ArrayList<>();
        List<Applied.LeaseChange> ended = new ArrayList<>(expire.expiries().size());
        for (Command.Expiry expiry : expire.expiries()) {
            LeaseEntry lease = state.leases.get(expiry.leaseId());
            if (lease != null && lease.grantIndex() == expiry.grantIndex()) {
                events.addAll(end(lease));
                ended.add(new Applied.LeaseEnded(expiry.leaseId()));
            }
        }
        return new Applied(new Outcome.Done(state.revision()), events, ended);
    }

    @Override
    public Applied setAlarm(Command.SetAlarm setAlarm) {
        List<Alarm> alarms = new ArrayList<>(state.alarms());
        alarms.remove(setAlarm.alarm());
        if (setAlarm.active()) {
            alarms.add(setAlarm.alarm());
            alarms.sort(Comparator.comparingLong(Alarm::memberId).thenComparing(Alarm::kind));
        }
        state.alarms(alarms);
        return done();
    }

    @Override
    public Applied publishMember(Command.PublishMember publishMember) {
        Member member = publishMember.member();
        List<Member> members = new ArrayList<>(state.members());
        members.removeIf(known -> known.id() == member.id());
        members.add(member);
        members.sort(Comparator.comparingLong(Member::id));
        state.members(members);
        return done();
    }

    /** Ends a lease and deletes its keys, in key order, at one revision. */
    private List<Event> end(LeaseEntry lease) {
        state.leases.remove(lease.id());
        state.sessions.end(lease.id());
        Draft draft = new Draft(state);
        for (byte[] key : lease.keys()) {
            draft.delete(key);
        }
        return draft.commit();
    }

    /** A member's emergency that stands against writing at all, or against what takes up space. */
    private @Nullable Reason alarmAgainst(boolean takesSpace) {
        if (state.alarms().isEmpty()) {
            return null;
        }
        if (state.hasAlarm(Alarm.Kind.CORRUPT)) {
            return Reason.CORRUPT;
        }
        return takesSpace && state.hasAlarm(Alarm.Kind.NO_SPACE) ? Reason.NO_SPACE : null;
    }

    private @Nullable Reason refusalOfPut(TxnOperation operation) {
        if (!(operation instanceof TxnOperation.Put put)) {
            return null;
        }
        if ((put.ignoreValue() || put.ignoreLease())
                && state.index.live(put.key().sharedArray(), state.revision()) == null) {
            return Reason.KEY_NOT_FOUND;
        }
        return isLeaseMissing(put) ? Reason.LEASE_NOT_FOUND : null;
    }

    private boolean isLeaseMissing(TxnOperation.Put put) {
        return put.leaseId() != 0 && state.leases.get(put.leaseId()) == null;
    }

    private Applied finish(Draft draft, Outcome outcome) {
        if (outcome instanceof Outcome.Refused) {
            draft.undo();
            return new Applied(outcome, List.of(), List.of());
        }
        return new Applied(outcome, draft.commit(), List.of());
    }

    private Applied done() {
        return new Applied(new Outcome.Done(state.revision()), List.of(), List.of());
    }

    private Applied refused(Reason reason) {
        return new Applied(new Outcome.Refused(state.revision(), reason), List.of(), List.of());
    }
}
