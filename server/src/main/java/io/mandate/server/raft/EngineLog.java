package io.mandate.server.raft;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.conf.ConfigurationEntry;
import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.codec.LogEntryDecoder;
import com.alipay.sofa.jraft.entity.codec.LogEntryEncoder;
import com.alipay.sofa.jraft.entity.codec.v2.LogEntryV2CodecFactory;
import com.alipay.sofa.jraft.option.LogStorageOptions;
import com.alipay.sofa.jraft.storage.LogStorage;
import io.mandate.server.log.DamagedLogException;
import io.mandate.server.log.FailedLogException;
import io.mandate.server.log.SegmentLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine's log of one group, stored in the node's log in the engine's own encoding. Configuration entries are
 * marked, so that the engine gets them at its start without a scan of all entries. The engine changes a group's log on
 * one thread; a change that fails ends the node.
 */
final class EngineLog implements LogStorage {
    private static final Logger LOG = LoggerFactory.getLogger(EngineLog.class);

    private final SegmentLog log;
    private final int group;
    private final LogEntryEncoder encoder = LogEntryV2CodecFactory.getInstance().encoder();
    private final LogEntryDecoder decoder = LogEntryV2CodecFactory.getInstance().decoder();
    private final List<ConfigurationEntry> configurations = new ArrayList<>();
    private final AtomicReference<@Nullable String> firstFailure = new AtomicReference<>();

    private EngineLog(SegmentLog log, int group) {
        this.log = log;
        this.group = group;
    }

    /**
     * Opens the log of a group, and reads what the engine will read at its start: an engine whose log fails during its
     * start cannot be stopped.
     *
     * @throws DamagedLogException if an entry is damaged
     * @throws UncheckedIOException if the log cannot be read, or is not in the engine's encoding
     */
    static EngineLog open(SegmentLog log, int group) {
        EngineLog opened = new EngineLog(log, group);
        for (long index : log.marked(group)) {
            opened.configurations.add(configuration(Objects.requireNonNull(opened.read(index))));
        }
        opened.read(log.lastIndex(group));
        return opened;
    }

    @Override
    public boolean init(LogStorageOptions options) {
        configurations.forEach(options.getConfigurationManager()::add);
        return true;
    }

    private static ConfigurationEntry configuration(LogEntry entry) {
        ConfigurationEntry configuration = new ConfigurationEntry();
        configuration.setId(new LogId(entry.getId().getIndex(), entry.getId().getTerm()));
        configuration.setConf(new Configuration(entry.getPeers(), entry.getLearners()));
        if (entry.getOldPeers() != null) {
            configuration.setOldConf(new Configuration(entry.getOldPeers(), entry.getOldLearners()));
        }
        return configuration;
    }

    /** No effect: the node closes its log. */
    @Override
    public void shutdown() {}

    @Override
    public long getFirstLogIndex() {
        return log.firstIndex(group);
    }

    @Override
    public long getLastLogIndex() {
        return log.lastIndex(group);
    }

    /**
     * Reads an entry; null if there is none or it cannot be read: the engine, which knows which entries must exist,
     * then ends the node.
     */
    @Override
    public @Nullable LogEntry getEntry(long index) {
        try {
            return read(index);
        } catch (DamagedLogException | UncheckedIOException failed) {
            LOG.error("log-read-failed group={} index={} cause=\"{}\"", group, index, failed.getMessage());
            firstFailure.compareAndSet(null, failed.getMessage());
            return null;
        }
    }

    private @Nullable LogEntry read(long index) {
        byte[] bytes = log.read(group, index).orElse(null);
        if (bytes == null) {
            return null;
        }
        LogEntry entry = decoder.decode(bytes);
        if (entry == null) {
            throw new UncheckedIOException(new IOException("entry " + index + " of group " + group
                    + " is not in the engine's encoding: run the release that wrote it, or a newer one"));
        }
        return entry;
    }

    @Override
    @Deprecated
    public long getTerm(long index) {
        LogEntry entry = getEntry(index);
        return entry == null ? 0 : entry.getId().getTerm();
    }

    @Override
    public boolean appendEntry(LogEntry entry) {
        return appendEntries(List.of(entry)) == 1;
    }

    @Override
    public int appendEntries(List<LogEntry> entries) {
        if (entries.isEmpty()) {
            return 0;
        }
        List<byte[]> encoded = new ArrayList<>(entries.size());
        BitSet configurations = new BitSet();
        for (int i = 0; i < entries.size(); i++) {
            LogEntry entry = entries.get(i);
            encoded.add(encoder.encode(entry));
            configurations.set(i, entry.getType() == EntryType.ENTRY_TYPE_CONFIGURATION);
        }
        long first = entries.get(0).getId().getIndex();
        return tryChange(() -> log.append(group, first, encoded, configurations)) ? entries.size() : 0;
    }

    @Override
    public boolean truncatePrefix(long firstIndexKept) {
        return tryChange(() -> log.truncatePrefix(group, firstIndexKept));
    }

    @Override
    public boolean truncateSuffix(long lastIndexKept) {
        return tryChange(() -> log.truncateSuffix(group, lastIndexKept));
    }

    @Override
    public boolean reset(long nextLogIndex) {
        return tryChange(() -> log.reset(group, nextLogIndex));
    }

    /** The cause of the first failure: the engine does not know it, and later failures are consequences. */
    Optional<String> firstFailure() {
        return Optional.ofNullable(firstFailure.get());
    }

    /** Executes a change; returns whether it succeeded. The engine ends the node otherwise. */
    private boolean tryChange(Runnable change) {
        try {
            change.run();
            return true;
        } catch (FailedLogException | DamagedLogException | IllegalStateException | IllegalArgumentException failed) {
            LOG.error("log-change-failed group={} cause=\"{}\"", group, failed.getMessage());
            firstFailure.compareAndSet(null, failed.getMessage());
            return false;
        }
    }
}
