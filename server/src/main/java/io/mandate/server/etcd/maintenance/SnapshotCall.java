package io.mandate.server.etcd.maintenance;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.ServerCallStreamObserver;
import io.mandate.etcdapi.SnapshotResponse;
import io.mandate.keyspace.snapshot.KeyspaceSnapshot;
import io.mandate.server.etcd.call.EtcdApiOptions;
import io.mandate.server.etcd.call.EtcdErrors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Sends one snapshot to a client: the keyspace's snapshot format, padded with zeros to whole blocks of 512 bytes, and
 * as the last message the SHA-256 of all that, by which etcdctl verifies the file. The snapshot is first written to a
 * temporary file, because its length is sent ahead and a slow client must not delay the removal of history. Sent only
 * as fast as the client reads.
 *
 * <p>Messages are sent under the lock. The file is written without it, so that a client's cancellation takes effect at
 * once.
 */
final class SnapshotCall {
    private static final int BLOCK_BYTES = 512;
    private static final int CHUNK_BYTES = 64 << 10;

    private final ServerCallStreamObserver<SnapshotResponse> responses;
    private final Executor executor;
    private @Nullable SpooledSnapshot spooled;
    private long remainingBytes;
    private boolean ended;

    /** A complete file, open for reading from its start; closing it deletes it. */
    private record SpooledSnapshot(FileChannel file, long sizeBytes, ByteString digest) {}

    SnapshotCall(ServerCallStreamObserver<SnapshotResponse> responses, Executor executor) {
        this.responses = responses;
        this.executor = executor;
        responses.setOnReadyHandler(() -> execute(this::send));
        responses.setOnCancelHandler(this::end);
    }

    void start(@Nullable KeyspaceSnapshot snapshot, @Nullable Throwable failure) {
        if (snapshot == null) {
            fail(failure == null ? new AssertionError("neither a snapshot nor a failure") : failure);
            return;
        }
        if (!execute(() -> spool(snapshot))) {
            snapshot.close();
        }
    }

    /**
     * Runs {@code task} on the executor; returns whether it was accepted. If it was refused or throws, the call fails.
     */
    private boolean execute(Runnable task) {
        try {
            executor.execute(() -> {
                try {
                    task.run();
                } catch (RuntimeException failed) {
                    fail(failed);
                }
            });
            return true;
        } catch (RuntimeException refused) {
            fail(refused);
            return false;
        }
    }

    private void spool(KeyspaceSnapshot snapshot) {
        try (snapshot) {
            Path path = Files.createTempFile("mandate-backup", ".tmp");
            FileChannel file = FileChannel.open(
                    path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            try {
                start(write(snapshot, file));
            } catch (IOException | RuntimeException failed) {
                file.close();
                throw failed;
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        send();
    }

    private SpooledSnapshot write(KeyspaceSnapshot snapshot, FileChannel file) throws IOException {
        MessageDigest digest = sha256();
        for (Optional<byte[]> chunk = snapshot.nextChunk(); chunk.isPresent(); chunk = snapshot.nextChunk()) {
            append(file, digest, chunk.get());
        }
        append(file, digest, new byte[(int) (-file.size() & (BLOCK_BYTES - 1))]);
        file.position(0);
        return new SpooledSnapshot(file, file.size(), ByteString.copyFrom(digest.digest()));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java platform has SHA-256", impossible);
        }
    }

    private static void append(FileChannel file, MessageDigest digest, byte[] bytes) throws IOException {
        digest.update(bytes);
        ByteBuffer source = ByteBuffer.wrap(bytes);
        while (source.hasRemaining()) {
            file.write(source);
        }
    }

    private synchronized void start(SpooledSnapshot written) throws IOException {
        if (ended) {
            written.file.close();
        } else {
            spooled = written;
            remainingBytes = written.sizeBytes;
        }
    }

    private synchronized void send() {
        SpooledSnapshot source = spooled;
        if (source == null || ended) {
            return;
        }
        while (remainingBytes > 0 && responses.isReady()) {
            ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, remainingBytes));
            read(source.file, chunk);
            remainingBytes -= chunk.limit();
            responses.onNext(response(UnsafeByteOperations.unsafeWrap(chunk)));
        }
        if (remainingBytes == 0) {
            responses.onNext(response(source.digest));
            end();
            responses.onCompleted();
        }
    }

    private static void read(FileChannel file, ByteBuffer chunk) {
        try {
            while (chunk.hasRemaining()) {
                if (file.read(chunk) < 0) {
                    throw new IOException("the temporary file of the snapshot was truncated by another process");
                }
            }
            chunk.flip();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private SnapshotResponse response(ByteString blob) {
        return SnapshotResponse.newBuilder()
                .setRemainingBytes(remainingBytes)
                .setBlob(blob)
                .setVersion(EtcdApiOptions.ETCD_VERSION)
                .build();
    }

    private synchronized void fail(Throwable failure) {
        if (!ended) {
            end();
            responses.onError(EtcdErrors.of(failure).asRuntimeException());
        }
    }

    /** Closes the file; no message is sent afterwards. */
    private synchronized void end() {
        ended = true;
        SpooledSnapshot source = spooled;
        spooled = null;
        try {
            if (source != null) {
                source.file.close();
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
