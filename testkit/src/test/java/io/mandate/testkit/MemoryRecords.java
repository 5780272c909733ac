package io.mandate.testkit;

import io.mandate.election.store.CasStore;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Records in memory. What is asked is answered by an executor's threads. */
final class MemoryRecords implements CasStore {
    private final ConcurrentHashMap<String, VersionedRecord> records;
    private final Executor threads;
    private Runnable beforeNextWrite = () -> {};
    private Consumer<String> beforeReads = name -> {};

    MemoryRecords(Executor threads) {
        this(new ConcurrentHashMap<>(), threads);
    }

    private MemoryRecords(ConcurrentHashMap<String, VersionedRecord> records, Executor threads) {
        this.records = records;
        this.threads = threads;
    }

    MemoryRecords connect() {
        return new MemoryRecords(records, threads);
    }

    /** What somebody else does between this one's reading and writing. */
    void beforeNextWrite(Runnable interference) {
        beforeNextWrite = interference;
    }

    /** What somebody else does between two readings; told what is read next. */
    void beforeReads(Consumer<String> interference) {
        beforeReads = interference;
    }

    String content(String name) {
        VersionedRecord record = records.get(name);
        return record == null ? "" : record.content();
    }

    void put(String name, String content) {
        records.put(name, new VersionedRecord(content, 1));
    }

    long count(String prefix) {
        return records.keySet().stream().filter(name -> name.startsWith(prefix)).count();
    }

    @Override
    public String name() {
        return "records in memory";
    }

    @Override
    public CompletionStage<Optional<VersionedRecord>> read(String name) {
        beforeReads.accept(name);
        return CompletableFuture.supplyAsync(() -> Optional.ofNullable(records.get(name)), threads);
    }

    @Override
    public CompletionStage<Optional<Long>> compareAndSet(String name, long expectedVersion, String content) {
        Runnable interference = beforeNextWrite;
        beforeNextWrite = () -> {};
        interference.run();
        return CompletableFuture.supplyAsync(() -> swap(name, expectedVersion, content), threads);
    }

    private Optional<Long> swap(String name, long expectedVersion, String content) {
        boolean[] written = new boolean[1];
        records.compute(name, (key, present) -> {
            written[0] = (present == null ? 0 : present.version()) == expectedVersion;
            return written[0] ? new VersionedRecord(content, expectedVersion + 1) : present;
        });
        return written[0] ? Optional.of(expectedVersion + 1) : Optional.empty();
    }

    @Override
    public void close() {}
}
