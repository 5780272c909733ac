package io.mandate.keyspace.snapshot;

import io.mandate.keyspace.api.Alarm;
import io.mandate.keyspace.api.Member;
import io.mandate.keyspace.codec.OutcomeCodec;
import io.mandate.keyspace.codec.RequestCodec;
import io.mandate.keyspace.codec.Sink;
import io.mandate.keyspace.dedup.ClientSession;
import io.mandate.keyspace.index.LeaseEntry;
import io.mandate.keyspace.index.LongTable;
import io.mandate.keyspace.state.State;
import java.util.List;

/**
 * A captured state as records, in the order of {@link SnapshotFormat}. Walks once; may be made anew for another walk.
 */
final class StateRecords {

    /** What was taken hold of: small things by value, large ones in a form that later changes leave alone. */
    record Captured(
            State state,
            long appliedIndex,
            long appliedTerm,
            long revision,
            long compactedRevision,
            long grants,
            long answerStamps,
            List<Member> members,
            List<Alarm> alarms,
            LongTable.Captured<LeaseEntry> leases,
            LongTable.Captured<ClientSession> sessions) {

        static Captured of(State state) {
            return new Captured(
                    state,
                    state.appliedIndex(),
                    state.appliedTerm(),
                    state.revision(),
                    state.compactedRevision(),
                    state.grants(),
                    state.sessions.stamps(),
                    state.members(),
                    state.alarms(),
                    state.leases.capture(),
                    state.sessions.capture());
        }
    }

    private final Captured captured;
    private final KeyRecords keys;
    private boolean begun;
    private int leasePart;
    private int sessionPart;

    StateRecords(Captured captured) {
        this.captured = captured;
        this.keys = new KeyRecords(captured.state, captured.compactedRevision, captured.revision);
    }

    /** Hands some records to {@code sink}; false when there are no more. */
    boolean step(RecordSink sink) {
        if (!begun) {
            begun = true;
            small(sink);
            return true;
        }
        if (leasePart < captured.leases.parts()) {
            captured.leases.forEach(leasePart++, lease -> lease(lease, sink));
            return true;
        }
        if (sessionPart < captured.sessions.parts()) {
            captured.sessions.forEach(sessionPart++, session -> session(session, sink));
            return true;
        }
        return keys.step(sink);
    }

    private void small(RecordSink sink) {
        Sink header = sink.start(SnapshotFormat.HEADER);
        header.number(captured.appliedIndex);
        header.number(captured.appliedTerm);
        header.number(captured.revision);
        header.number(captured.compactedRevision);
        header.number(captured.grants);
        header.number(captured.answerStamps);
        sink.end();
        for (Member member : captured.members) {
            RequestCodec.member(member, sink.start(SnapshotFormat.MEMBER));
            sink.end();
        }
        for (Alarm alarm : captured.alarms) {
            RequestCodec.alarm(alarm, sink.start(SnapshotFormat.ALARM));
            sink.end();
        }
    }

    private static void lease(LeaseEntry lease, RecordSink sink) {
        Sink record = sink.start(SnapshotFormat.LEASE);
        record.number(lease.id());
        record.number(lease.ttlMillis());
        record.number(lease.grantIndex());
        sink.end();
    }

    private static void session(ClientSession session, RecordSink sink) {
        Sink record = sink.start(SnapshotFormat.SESSION);
        record.number(session.id());
        record.number(session.forgottenSequence());
        sink.end();
        for (int i = 0; i < session.count(); i++) {
            ClientSession.Answer answer = session.at(i);
            Sink each = sink.start(SnapshotFormat.ANSWER);
            each.number(answer.sessionId);
            each.number(answer.sequence);
            each.number(answer.stamp);
            OutcomeCodec.write(answer.outcome, each);
            sink.end();
        }
    }
}
