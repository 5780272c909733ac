package io.mandate.verify.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Ports on loopback that stay one cluster's own while its servers are stopped and started again.
 *
 * <p>A port got by binding to 0 lies in the kernel's ephemeral range: while its server is down, any outgoing connection
 * on the machine may take it, and the restart fails. So ports are taken from below that range, and claimed by a lock on
 * one byte of a file that all test JVMs of this user share: the byte at offset N stands for port N. The kernel drops
 * such locks when their JVM dies, however it dies.
 */
final class LoopbackPorts implements AutoCloseable {
    /** Below lie well-known servers. */
    private static final int FIRST_PORT = 12_000;

    /** From here on FreePorts picks, and Linux, from 32768 on, hands out ephemeral ports. */
    private static final int LAST_PORT = 22_000;

    /** A machine on which so many random picks are all taken is out of order. */
    private static final int PICKS_MAX = 2_000;

    /** Never closed: POSIX drops all of a process's locks on a file when the process closes any descriptor of it. */
    private static @Nullable FileChannel sharedLockFile;

    private final List<FileLock> locks = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();

    private LoopbackPorts() {}

    /** Claims {@code count} ports that nobody listens on now. */
    static LoopbackPorts claim(int count) {
        LoopbackPorts claimed = new LoopbackPorts();
        SplittableRandom random = new SplittableRandom();
        for (int pick = 0; pick < PICKS_MAX && claimed.ports.size() < count; pick++) {
            claimed.tryClaim(random.nextInt(FIRST_PORT, LAST_PORT));
        }
        if (claimed.ports.size() < count) {
            claimed.close();
            throw new IllegalStateException("no " + count + " free ports between " + FIRST_PORT + " and " + LAST_PORT);
        }
        return claimed;
    }

    int get(int index) {
        return ports.get(index);
    }

    @Override
    public void close() {
        for (FileLock lock : locks) {
            try {
                lock.release();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        locks.clear();
    }

    private void tryClaim(int port) {
        try {
            FileLock lock = lockFile().tryLock(port, 1, false);
            if (lock == null) {
                return;
            }
            if (isFree(port)) {
                locks.add(lock);
                ports.add(port);
            } else {
                lock.release();
            }
        } catch (OverlappingFileLockException e) {
            // Claimed by another cluster of this JVM: the next pick will do.
            return;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot claim a port", e);
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static synchronized FileChannel lockFile() throws IOException {
        FileChannel channel = sharedLockFile;
        if (channel == null) {
            String user = System.getProperty("user.name");
            Path path = Path.of(System.getProperty("java.io.tmpdir"), "mandate-verify-ports-" + user + ".lock");
            channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            sharedLockFile = channel;
        }
        return channel;
    }
}
