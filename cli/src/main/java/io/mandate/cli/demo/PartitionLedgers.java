package io.mandate.cli.demo;

import io.mandate.election.guard.StaleTokenException;
import io.mandate.election.guard.file.VersionedFile;
import io.mandate.election.internal.StoppedTerm;
import io.mandate.election.partition.Partition;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Counts in a guarded file for each partition, independent of the store that elections are held in, and tells on
 * standard output what it does. Can be {@linkplain #hold held} between reading and writing, so that the process can be
 * stopped at the worst moment. Thread-safe.
 */
final class PartitionLedgers {
    private static final long ENTRY_MILLIS = 400;

    /** Where no interruption reaches a write: what one does that is on its way already is to be shown. */
    private static final Executor WRITERS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "ledger-writer");
        thread.setDaemon(true);
        return thread;
    });

    private final Path directory;
    private volatile CompletableFuture<Void> gate = CompletableFuture.completedFuture(null);

    PartitionLedgers(Path directory) {
        this.directory = directory;
    }

    /** The ledger of a partition: its entries tell who wrote them with which token. */
    static FileLedger at(Path directory, int partition) {
        return new FileLedger(
                VersionedFile.at(directory.resolve("partition-" + partition)).withoutPlainCopy());
    }

    /** From now on whoever has read waits before it writes. */
    void hold() {
        gate = new CompletableFuture<>();
    }

    /** Whoever waits goes on. */
    void goOn() {
        gate.complete(null);
    }

    /** The work of a partition. */
    void count(Partition partition) throws Exception {
        FileLedger ledger = at(directory, partition.index());
        String writer =
                partition.term().candidate() + " token " + partition.term().token();
        try {
            while (!drainRequestedWithin(partition, ENTRY_MILLIS)) {
                Ledger.Seen seen = ledger.read();
                partition.term().requireValid(Duration.ZERO);
                pass(partition.index());
                append(partition, ledger, seen, seen.next(writer));
            }
        } catch (Exception failed) {
            // One that was asked to hand over may be interrupted when it takes too long.
            if (!partition.drainRequested().isDone()) {
                tell("lost " + partition.index() + " " + failed);
            }
            throw failed;
        }
    }

    private void pass(int partition) {
        CompletableFuture<Void> present = gate;
        if (!present.isDone()) {
            tell("holds " + partition);
            present.join();
            // By now it is interrupted: what a program does that does not look is to be shown.
            Thread.interrupted();
        }
    }

    private static void append(Partition partition, FileLedger ledger, Ledger.Seen seen, String line) {
        try {
            boolean written = CompletableFuture.supplyAsync(
                            () -> ledger.append(StoppedTerm.of(partition.term()), seen, line), WRITERS)
                    .join();
            tell((written ? "wrote " : "missed ") + partition.index() + " " + line);
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof StaleTokenException stale) {
                tell("refused " + partition.index() + " " + line);
                throw stale;
            }
            throw failed;
        }
    }

    static void tell(String what) {
        synchronized (System.out) {
            System.out.println(what);
            System.out.flush();
        }
    }

    private static boolean drainRequestedWithin(Partition partition, long millis) throws Exception {
        try {
            partition.drainRequested().get(millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException notYet) {
            return false;
        }
    }
}
