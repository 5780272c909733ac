package io.mandate.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Free loopback ports for nodes in tests and demonstrations.
 *
 * <p>The kernel picks port 0 from its ephemeral range, so that until a node listens there, and while it restarts, any
 * outgoing connection of the machine may take the port. These ports are below that range, and chosen at random, so that
 * concurrent processes rarely choose the same. Stateless.
 */
public final class FreePorts {
    /** Below are well-known ports and, from 12000 on, those that Mandate's multi-process tests use. */
    private static final int FIRST = 22_000;

    /** The default ephemeral range of Linux begins at 32768. */
    private static final int END = 32_000;

    /** Attempts for each port. */
    private static final int ATTEMPTS_PER_PORT = 100;

    private FreePorts() {}

    /** Returns a port on which no process listens now. */
    public static int one() throws IOException {
        return find(1).get(0);
    }

    /**
     * Returns distinct ports on which no process listens now.
     *
     * @param count 1 to 1000
     * @throws IOException if fewer were found
     */
    public static List<Integer> find(int count) throws IOException {
        if (count < 1 || count > 1_000) {
            throw new IllegalArgumentException(count + " ports are not between 1 and 1000");
        }
        SplittableRandom random = new SplittableRandom();
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int attempts = 0; sockets.size() < count; attempts++) {
                if (attempts == ATTEMPTS_PER_PORT * count) {
                    throw new IOException("no " + count + " ports between " + FIRST + " and " + (END - 1)
                            + " are free on loopback: see what listens there");
                }
                bind(random.nextInt(FIRST, END), sockets);
            }
            return sockets.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        }
    }

    private static void bind(int port, List<ServerSocket> sockets) {
        try {
            sockets.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
        } catch (IOException taken) {
            // The port is in use: the caller tries another.
        }
    }
}
