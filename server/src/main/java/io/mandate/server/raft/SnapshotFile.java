package io.mandate.server.raft;

import com.alipay.sofa.jraft.Status;
import com.alipay.sofa.jraft.error.RaftError;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotReader;
import com.alipay.sofa.jraft.storage.snapshot.SnapshotWriter;
import io.mandate.keyspace.Keyspace;
import io.mandate.keyspace.api.KeyspaceLimits;
import io.mandate.keyspace.snapshot.KeyspaceSnapshot;
import io.mandate.keyspace.snapshot.KeyspaceSnapshotReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A keyspace as a file in the engine's snapshot directory: one file, forced before the engine is notified. */
final class SnapshotFile {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotFile.class);
    private static final String NAME = "keyspace";

    private final KeyspaceSnapshot snapshot;

    SnapshotFile(KeyspaceSnapshot snapshot) {
        this.snapshot = snapshot;
    }

    /** Writes the captured state while further entries are applied. */
    Status write(SnapshotWriter target) {
        Path file = Path.of(target.getPath(), NAME);
        long startNanos = System.nanoTime();
        try (snapshot;
                FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (Optional<byte[]> next = snapshot.nextChunk(); next.isPresent(); next = snapshot.nextChunk()) {
                ByteBuffer chunk = ByteBuffer.wrap(next.get());
                while (chunk.hasRemaining()) {
                    channel.write(chunk);
                }
            }
            channel.force(true);
            DurableProperties.forceNameOf(file);
            if (!target.addFile(NAME)) {
                return new Status(RaftError.EIO, "the snapshot directory refused %s", NAME);
            }
            LOG.info("snapshot-saved bytes={} millis={}", channel.size(), (System.nanoTime() - startNanos) / 1_000_000);
            return Status.OK();
        } catch (IOException | RuntimeException failed) {
            // The engine must be notified of any failure: it takes no other snapshot while it waits for this one.
            LOG.error("snapshot-failed path={} cause=\"{}\"", file, failed.toString());
            return new Status(RaftError.EIO, "cannot write snapshot %s: %s", file, failed);
        }
    }

    static Keyspace read(SnapshotReader source, KeyspaceLimits limits) {
        Path file = Path.of(source.getPath(), NAME);
        KeyspaceSnapshotReader reader = new KeyspaceSnapshotReader(limits);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer chunk = ByteBuffer.allocate(256 << 10);
            while (channel.read(chunk) >= 0) {
                reader.accept(chunk.flip());
                chunk.clear();
            }
            return Keyspace.restore(reader);
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot read snapshot " + file, failed);
        }
    }
}
