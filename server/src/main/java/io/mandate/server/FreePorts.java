package io.mandate.server;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Ports of loopback for nodes that need any, such as those of tests and demonstrations.
 *
 * <p>A port that the kernel picks lies among those that it gives to outgoing connections: until a node listens there,
 * and while it is being restarted, any connection of the machine may take it. These lie below, and are picked at
 * random, so that processes that look at the same time hardly ever find the same. Stateless.
 */
public final class FreePorts {
    /** Below lie well-known servers and, from 12000 on, the ports that Mandate's own tests of processes claim. */
    private static final int FIRST = 22_000;

    /** Linux gives outgoing connections ports from 32768 on, unless it is told otherwise. */
    private static final int END = 32_000;

    /** Ports that are tried for each that is wanted. */
    private static final int TRIES_MAX = 100;

    private FreePorts() {}

    /** A port that nobody listens on now. */
    public static int one() throws IOException {
        return find(1).get(0);
    }

    /**
     * So many ports that nobody listens on now, all different.
     *
     * @param count 1 to 1000
     * @throws IOException if so many were not found
     */
    public static List<Integer> find(int count) throws IOException {
        if (count < 1 || count > 1_000) {
            throw new IllegalArgumentException(count + " ports are not between 1 and 1000");
        }
        SplittableRandom random = new SplittableRandom();
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int tries = 0; held.size() < count; tries++) {
                if (tries == TRIES_MAX * count) {
                    throw new IOException("no " + count + " ports between " + FIRST + " and " + (END - 1)
                            + " are free on loopback: see what listens there");
                }
                hold(random.nextInt(FIRST, END), held);
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }

    private static void hold(int port, List<ServerSocket> held) {
        try {
            held.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
        } catch (IOException taken) {
            // Another one will be free.
        }
    }
}
