package io.mandate.server.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.Closure;
import com.alipay.sofa.jraft.Iterator;
import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.entity.EnumOutter.ErrorType;
import com.alipay.sofa.jraft.entity.LeaderChangeContext;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.error.RaftException;
import io.mandate.keyspace.api.Bytes;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.api.Outcome;
import io.mandate.keyspace.api.Request;
import io.mandate.keyspace.api.TxnOperation;
import io.mandate.keyspace.codec.RequestCodec;
import io.mandate.server.LoggedLines;
import io.mandate.server.raft.transport.PeerVersions;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeyspaceMachineTest {
    private final KeyspaceMachine machine = new KeyspaceMachine(
            0, KeyspaceLimits.DEFAULT, PeerVersions.SUPPORTED, new IgnoringObserver(), Runnable::run);

    private static Proposal put(String key) {
        Request request = Request.of(TxnOperation.Put.of(Bytes.utf8(key), Bytes.utf8("v")));
        return new Proposal(request, RequestCodec.size(request), Long.MAX_VALUE);
    }

    /**
     * The engine may write the same buffer to disk, or send it to another node, after it was applied: consuming it
     * would empty the entry.
     */
    @Test
    void applyingAnEntryDoesNotConsumeTheEnginesBuffer() {
        ByteBuffer entry = new RequestBatch(List.of(put("a"), put("b")), new RecordingCallback())
                .encode(PeerVersions.SUPPORTED.lowest());
        ByteBuffer before = entry.duplicate();
        machine.onApply(new OneEntry(entry, null));
        assertThat(entry).isEqualTo(before);
        assertThat(entry.remaining()).isPositive();
        assertThat(machine.keyspace().revision()).isEqualTo(3);
    }

    @Test
    void theLeaderAppliesItsOwnBatchAndCompletesItWithTheOutcomes() {
        RecordingCallback callback = new RecordingCallback();
        RequestBatch batch = new RequestBatch(List.of(put("a"), put("b")), callback);
        machine.onApply(new OneEntry(ByteBuffer.allocate(0), batch));
        assertThat(callback.outcomes).extracting(Outcome::revision).containsExactly(2L, 3L);
    }

    @Test
    void anEntryOfANewerReleaseStopsTheReplicaAndNamesTheRemedy() {
        int newer = PeerVersions.SUPPORTED.highest() + 1;
        OneEntry entry = new OneEntry(new RequestBatch(List.of(put("a")), new RecordingCallback()).encode(newer), null);
        machine.onApply(entry);
        assertThat(entry.error).contains("entry 7", "format 2", "run the release that wrote it, or a newer one");
        assertThat(machine.keyspace().revision()).isEqualTo(1);
    }

    @Test
    void anEntryThatIsNotABatchStopsTheReplica() {
        OneEntry entry = new OneEntry(ByteBuffer.wrap(new byte[] {1, 0, 0, 0, 1, 99}), null);
        machine.onApply(entry);
        assertThat(entry.error).contains("entry 7", "no command has tag 99");
    }

    @Test
    void aDiskErrorOfTheEngineIsReportedWithTheRemedy() {
        List<String> failures = new ArrayList<>();
        KeyspaceMachine reporting = new KeyspaceMachine(
                0,
                KeyspaceLimits.DEFAULT,
                PeerVersions.SUPPORTED,
                new IgnoringObserver() {
                    @Override
                    public void failed(String reason) {
                        failures.add(reason);
                    }
                },
                Runnable::run);
        reporting.onError(new RaftException(
                ErrorType.ERROR_TYPE_META, RaftError.EIO, "Fail to save raft meta, path=%s", "/data/vote"));
        assertThat(failures)
                .containsExactly(
                        "Fail to save raft meta, path=/data/vote. The log above has the cause. Repair the disk, or"
                                + " free space if it is full, and restart the node");
    }

    @Test
    void theReasonOfALostLeadershipIsLoggedInPlainWords() {
        try (LoggedLines logged = LoggedLines.of(KeyspaceMachine.class)) {
            machine.onLeaderStop(new Status(RaftError.ERAFTTIMEDOUT, "Majority of the group dies: %d/%d", 2, 3));
            machine.onStopFollowing(new LeaderChangeContext(
                    new PeerId("b", 2), 7, new Status(RaftError.ERAFTTIMEDOUT, "Lost connection from leader b:2.")));
            assertThat(logged.all())
                    .containsExactly(
                            "INFO not-leading group=0 reason=\"fewer than a majority of the members respond\"",
                            "INFO leader-lost group=0 leader=b:2 reason=\"no heartbeat from the leader for an election"
                                    + " timeout\"");
        }
    }

    private static final class RecordingCallback implements RequestBatch.Callback {
        List<Outcome> outcomes = List.of();

        @Override
        public void applied(RequestBatch batch, List<Outcome> applied) {
            outcomes = applied;
        }

        @Override
        public void responded(RequestBatch batch, ByteBuffer response) {
            throw new AssertionError("not called");
        }

        @Override
        public void notAppended(RequestBatch batch, String reason) {
            throw new AssertionError(reason);
        }

        @Override
        public void unknown(RequestBatch batch, String reason) {
            throw new AssertionError(reason);
        }
    }

    private static final class OneEntry implements Iterator {
        private final ByteBuffer data;
        private final @Nullable Closure done;
        private boolean passed;
        private String error = "";

        OneEntry(ByteBuffer data, @Nullable Closure done) {
            this.data = data;
            this.done = done;
        }

        @Override
        public boolean hasNext() {
            return !passed;
        }

        @Override
        public ByteBuffer next() {
            passed = true;
            return data;
        }

        @Override
        public ByteBuffer getData() {
            return data;
        }

        @Override
        public long getIndex() {
            return 7;
        }

        @Override
        public long getTerm() {
            return 1;
        }

        @Override
        public @Nullable Closure done() {
            return done;
        }

        @Override
        public boolean commit() {
            return false;
        }

        @Override
        public void commitAndSnapshotSync(Closure closure) {
            throw new AssertionError("not used");
        }

        @Override
        public void setErrorAndRollback(long count, Status status) {
            passed = true;
            error = status.getErrorMsg();
        }

        @Override
        public void setAutoCommitPerLog(boolean commit) {
            throw new AssertionError("not used");
        }
    }

    private static class IgnoringObserver implements KeyspaceMachine.Observer {
        @Override
        public void applied(int commands) {}

        @Override
        public void published(long index, long term) {}

        @Override
        public void leading(long term) {}

        @Override
        public void notLeading() {}

        @Override
        public void following(PeerId leader, long term) {}

        @Override
        public void leaderUnknown() {}

        @Override
        public void configurationCommitted(Configuration configuration) {}

        @Override
        public void failed(String reason) {}
    }
}
