package io.mandate.cli.election;

import io.mandate.cli.SettingException;
import io.mandate.election.partition.MemberState;
import io.mandate.election.partition.PartitionAdmin;
import io.mandate.election.partition.PartitionedWorkload;
import io.mandate.election.partition.WorkloadState;
import io.mandate.election.store.StoreException;
import io.mandate.election.store.Watch;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A workload that a command shows or changes, in the store that it is in. */
final class Workload {
    /** In case the watch is stalled. */
    private static final long POLL_MILLIS = 1_000;

    /** A change of many partitions is many events; a look at a workload is a read for some dozens of partitions. */
    private static final long PAUSE_MILLIS = 100;

    private final OpenStore open;
    private final String name;
    private final PartitionAdmin control;

    Workload(OpenStore open, String name) {
        this.open = open;
        this.name = name;
        try {
            this.control = PartitionedWorkload.control(open.store(), name);
        } catch (IllegalArgumentException refused) {
            throw new SettingException(String.valueOf(refused.getMessage()));
        }
    }

    PartitionAdmin control() {
        return control;
    }

    /**
     * What there is of it.
     *
     * @throws UnknownException if there is nothing
     */
    WorkloadState state(boolean since) throws Exception {
        WorkloadState state = done(control.state(since));
        if (state.members().isEmpty() && state.partitions().isEmpty()) {
            throw new UnknownException("nobody has ever joined a workload " + name + " in the store at "
                    + open.addresses() + ": it is there when its first member has joined");
        }
        return state;
    }

    /** Refuses a member that there is not now, and says which there are. */
    static void requireMember(WorkloadState state, String member) throws UnknownException {
        if (state.members().stream().noneMatch(known -> known.name().equals(member))) {
            String members = state.members().stream().map(MemberState::name).collect(Collectors.joining(", "));
            throw new UnknownException("workload " + state.workload() + " has no member " + member + ": it has "
                    + (members.isEmpty() ? "none now" : members));
        }
    }

    /** What is to be done when something may have changed, at least every second. */
    @FunctionalInterface
    interface Look {
        /** Looks, and says whether to go on. */
        boolean look() throws Exception;
    }

    /** Looks again and again until that says that it is enough. */
    void follow(Look look) throws Exception {
        Semaphore changes = new Semaphore(0);
        Watch watch = open.store().watch(name + "/", changes::release);
        try {
            while (look.look()) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                changes.tryAcquire(POLL_MILLIS, TimeUnit.MILLISECONDS);
                changes.drainPermits();
            }
        } finally {
            watch.close();
        }
    }

    /** Waits; each request to the store has its own limit of time. */
    static <T> T done(CompletableFuture<T> answer) throws Exception {
        try {
            return answer.get();
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof StoreException refused) {
                throw refused;
            }
            if (failed.getCause() instanceof IllegalArgumentException wrong) {
                throw new SettingException(String.valueOf(wrong.getMessage()));
            }
            throw failed;
        }
    }

    /** There is no such workload, partition or member. */
    static final class UnknownException extends Exception {
        private static final long serialVersionUID = 1;

        UnknownException(String message) {
            super(message);
        }
    }
}
