package io.mandate.server.etcd;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.stub.ServerCallStreamObserver;
import io.mandate.etcdapi.SnapshotResponse;
import io.mandate.keyspace.KeyspaceSnapshot;
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
 * Sends one backup: the keyspace's own snapshot format, padded with zeros to whole blocks of 512 bytes, and the SHA-256 of all that as the last 32 bytes,
 * by which etcdctl verifies what it saved. The snapshot goes to a temporary file first, for its length is told ahead and a slow client must not
 * keep history from being trimmed. Sent only as fast as the client reads.
 */
final class SnapshotStream {
    private static final int BLOCK_BYTES = 512;
    private static final int CHUNK_BYTES = 64 << 10;

    private final ServerCallStreamObserver<SnapshotResponse> responses;
    private final Headers headers;
    private final MessageDigest digest;
    private @Nullable FileChannel spooled;
    private long remainingBytes;
    private boolean ended;

    SnapshotStream(ServerCallStreamObserver<SnapshotResponse> responses, Headers headers, Executor executor) {
        this.responses = responses;
        this.headers = headers;
        try {
            this.digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every Java platform has SHA-256", impossible);
        }
        responses.setOnReadyHandler(() -> executor.execute(this::send));
        responses.setOnCancelHandler(this::end);
    }

    synchronized void begin(@Nullable KeyspaceSnapshot snapshot, @Nullable Throwable failure) {
        if (snapshot == null) {
            responses.onError(EtcdErrors.of(failure == null ? new IllegalStateException("no snapshot") : failure)
                    .asRuntimeException());
            return;
        }
        try (snapshot) {
            Path file = Files.createTempFile("mandate-backup", ".tmp");
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
            spooled = channel;
            for (Optional<byte[]> chunk = snapshot.nextChunk(); chunk.isPresent(); chunk = snapshot.nextChunk()) {
                append(channel, ByteBuffer.wrap(chunk.get()));
            }
            append(channel, ByteBuffer.allocate((int) (-channel.size() & (BLOCK_BYTES - 1))));
            append(channel, ByteBuffer.wrap(digest.digest()));
            remainingBytes = channel.size();
            channel.position(0);
        } catch (IOException failed) {
            responses.onError(EtcdErrors.of(failed).asRuntimeException());
            end();
            return;
        }
        send();
    }

    private void append(FileChannel channel, ByteBuffer bytes) throws IOException {
        digest.update(bytes.duplicate());
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private synchronized void send() {
        FileChannel channel = spooled;
        if (channel == null || ended) {
            return;
        }
        try {
            while (remainingBytes > 0 && responses.isReady()) {
                ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK_BYTES, remainingBytes));
                while (chunk.hasRemaining() && channel.read(chunk) >= 0) {}
                remainingBytes -= chunk.position();
                ByteString blob = UnsafeByteOperations.unsafeWrap(chunk.flip());
                responses.onNext(SnapshotResponse.newBuilder()
                        .setHeader(headers.at(0))
                        .setRemainingBytes(remainingBytes)
                        .setBlob(blob)
                        .setVersion(DoorOptions.ETCD_VERSION)
                        .build());
            }
            if (remainingBytes == 0) {
                end();
                responses.onCompleted();
            }
        } catch (IOException failed) {
            end();
            responses.onError(EtcdErrors.of(failed).asRuntimeException());
        }
    }

    private synchronized void end() {
        ended = true;
        try {
            if (spooled != null) {
                spooled.close();
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
