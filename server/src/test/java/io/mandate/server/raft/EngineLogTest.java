package io.mandate.server.raft;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import com.alipay.sofa.jraft.conf.Configuration;
import com.alipay.sofa.jraft.conf.ConfigurationManager;
import com.alipay.sofa.jraft.entity.EnumOutter.EntryType;
import com.alipay.sofa.jraft.entity.LogEntry;
import com.alipay.sofa.jraft.entity.LogId;
import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.entity.codec.v2.LogEntryV2CodecFactory;
import com.alipay.sofa.jraft.option.LogStorageOptions;
import io.mandate.server.log.SegmentLog;
import io.mandate.server.log.SegmentLogOptions;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine's log of one group. */
class EngineLogTest {
    private static final List<PeerId> MEMBERS = List.of(new PeerId("a", 1), new PeerId("b", 2));

    @TempDir
    Path directory;

    private final ConfigurationManager configurations = new ConfigurationManager();

    private SegmentLog open() {
        return SegmentLog.open(directory, SegmentLogOptions.forGroups(2, true));
    }

    private EngineLog engineLog(SegmentLog log) {
        EngineLog engineLog = EngineLog.open(log, 1);
        LogStorageOptions options = new LogStorageOptions();
        options.setConfigurationManager(configurations);
        options.setLogEntryCodecFactory(LogEntryV2CodecFactory.getInstance());
        assertThat(engineLog.init(options)).isTrue();
        return engineLog;
    }

    private static LogEntry data(long index, long term) {
        LogEntry entry = new LogEntry(EntryType.ENTRY_TYPE_DATA);
        entry.setId(new LogId(index, term));
        entry.setData(ByteBuffer.wrap(("entry " + index).getBytes(StandardCharsets.UTF_8)));
        return entry;
    }

    private static LogEntry configuration(long index, long term) {
        LogEntry entry = new LogEntry(EntryType.ENTRY_TYPE_CONFIGURATION);
        entry.setId(new LogId(index, term));
        entry.setPeers(MEMBERS);
        return entry;
    }

    @Test
    void entriesAreReturnedAsTheyWereWritten() {
        try (SegmentLog log = open()) {
            assertThat(engineLog(log).appendEntries(List.of(configuration(1, 3), data(2, 3), data(3, 4))))
                    .isEqualTo(3);
        }
        try (SegmentLog log = open()) {
            EngineLog engineLog = engineLog(log);
            assertThat(engineLog.getFirstLogIndex()).isEqualTo(1);
            assertThat(engineLog.getLastLogIndex()).isEqualTo(3);
            LogEntry entry = Objects.requireNonNull(engineLog.getEntry(3));
            assertThat(entry.getId()).isEqualTo(new LogId(3, 4));
            assertThat(entry.getData()).isEqualTo(data(3, 4).getData());
            assertThat(engineLog.getEntry(4)).isNull();
            assertThat(log.lastIndex(0)).isZero();
        }
    }

    @Test
    void aStartReturnsTheConfigurationsInTheLogToTheEngine() {
        try (SegmentLog log = open()) {
            engineLog(log).appendEntries(List.of(data(1, 1), configuration(2, 1), data(3, 1)));
        }
        try (SegmentLog log = open()) {
            engineLog(log);
            assertThat(configurations.getLastConfiguration().getConf()).isEqualTo(new Configuration(MEMBERS));
            assertThat(configurations.getLastConfiguration().getId()).isEqualTo(new LogId(2, 1));
        }
    }

    @Test
    void afterAResetTheLogContinuesAfterTheSnapshot() {
        try (SegmentLog log = open()) {
            EngineLog engineLog = engineLog(log);
            engineLog.appendEntries(List.of(configuration(1, 1), data(2, 1)));
            assertThat(engineLog.reset(101)).isTrue();
            assertThat(engineLog.getFirstLogIndex()).isEqualTo(101);
            assertThat(engineLog.getLastLogIndex()).isEqualTo(100);
            assertThat(engineLog.appendEntry(data(101, 2))).isTrue();
            assertThat(log.marked(1)).isEmpty();
        }
    }

    @Test
    void aDamagedEntryIsMissingForTheEngine() throws IOException {
        try (SegmentLog log = open()) {
            EngineLog engineLog = engineLog(log);
            engineLog.appendEntries(List.of(data(1, 1)));
            try (RandomAccessFile file = new RandomAccessFile(
                    directory.resolve("0000000000000001.log").toFile(), "rw")) {
                file.seek(32 + 28 + 4); // within the payload of the first record after the head of the file
                file.writeInt(0);
            }
            assertThat(engineLog.getEntry(1)).isNull();
        }
    }

    @Test
    void refusedChangesAreReportedToTheEngine() {
        try (SegmentLog log = open()) {
            EngineLog engineLog = engineLog(log);
            assertThat(engineLog.firstFailure()).isEmpty();
            assertThat(engineLog.appendEntries(List.of(data(5, 1)))).isZero();
            assertThat(engineLog.getLastLogIndex()).isZero();
            assertThat(engineLog.appendEntries(List.of(data(7, 1)))).isZero();
            assertThat(engineLog.firstFailure()).get(as(STRING)).startsWith("entry 5 for group 1");
        }
    }
}
