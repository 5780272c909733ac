package io.mandate.store.etcd;

import io.grpc.ManagedChannelBuilder;
import io.grpc.netty.NettyChannelBuilder;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The address of one member of a store. The forms are etcdctl's: {@code host:port}, {@code http://host:port} and
 * {@code https://host:port}, with an IPv6 address in brackets ({@code [::1]:2379}), its zone after {@code %} or
 * {@code %25} ({@code [fe80::1%eth0]:2379}). Scheme and host are taken in capitals too, and a slash at the end. The
 * port has no default.
 *
 * @param host a name or an address; of IPv6 without its brackets
 * @param port 1 to 65535
 * @param encrypted whether TLS is spoken, with the certificates that this JVM trusts
 */
public record Endpoint(String host, int port, boolean encrypted) {
    private static final int PORT_MAX = 65_535;

    /** The longest name of the domain name system (RFC 1035 §2.3.4) is shorter. */
    private static final int LENGTH_MAX = 300;

    private static final String EXAMPLE = "write host:port, for instance 127.0.0.1:2379";
    private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://(.*)");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+");
    private static final Pattern ZONE = Pattern.compile("[A-Za-z0-9._~-]+");
    private static final Pattern HOST_AND_PORT = Pattern.compile("(\\[[^\\]]*\\]|[^:\\[\\]]*):(.*)");

    /** etcd cuts off who pings more often than every 5 seconds, or while nothing is under way. */
    private static final int PING_SECONDS = 6;

    private static final int PING_ANSWER_SECONDS_MAX = 3;

    /** Checks the bounds. */
    public Endpoint {
        String problem = problemOf(host);
        if (problem != null) {
            throw new IllegalArgumentException("host '" + host + "' " + problem);
        }
        if (port < 1 || port > PORT_MAX) {
            throw new IllegalArgumentException("port " + port + " is not between 1 and " + PORT_MAX);
        }
        int zone = host.indexOf('%');
        // Names of interfaces do differ by case.
        host = zone < 0
                ? host.toLowerCase(Locale.ROOT)
                : host.substring(0, zone).toLowerCase(Locale.ROOT) + host.substring(zone);
    }

    /**
     * Reads the endpoints of one store: each text names one, or several with commas between them. Blanks around them
     * and empty places are skipped, and what is there twice counts once.
     *
     * @throws IllegalArgumentException if there is none, or more than {@value EtcdOptions#ENDPOINTS_MAX}, or one of
     *     another form; the message names it and what to write
     */
    public static List<Endpoint> parseAll(List<String> texts) {
        Set<Endpoint> endpoints = new LinkedHashSet<>();
        for (String text : texts) {
            for (String part : text.split(",", -1)) {
                if (!part.isBlank()) {
                    endpoints.add(parse(part));
                }
            }
        }
        if (endpoints.isEmpty() || endpoints.size() > EtcdOptions.ENDPOINTS_MAX) {
            throw new IllegalArgumentException(
                    endpoints.size() + " endpoints are not between 1 and " + EtcdOptions.ENDPOINTS_MAX
                            + ": name the members of one cluster, host:port, with commas between them");
        }
        return new ArrayList<>(endpoints);
    }

    /**
     * Reads one endpoint, with blanks around it or not.
     *
     * @throws IllegalArgumentException naming the endpoint, what is wrong and what to write
     */
    public static Endpoint parse(String text) {
        String rest = text.strip();
        if (rest.length() > LENGTH_MAX) {
            throw wrong(rest.substring(0, 40) + "...", "is longer than " + LENGTH_MAX + " characters: " + EXAMPLE);
        }
        String endpoint = rest;
        boolean encrypted = false;
        Matcher scheme = SCHEME.matcher(rest);
        if (scheme.matches()) {
            encrypted = isEncrypted(endpoint, scheme.group(1).toLowerCase(Locale.ROOT));
            rest = scheme.group(2);
        }
        if (rest.endsWith("/")) {
            rest = rest.substring(0, rest.length() - 1);
        }
        if (rest.contains("@")) {
            // The credentials are not for the screen.
            throw wrong(
                    "..." + rest.substring(rest.lastIndexOf('@')),
                    "has credentials, which are not used: leave out what is before the @");
        }
        if (rest.contains("/") || rest.contains("?") || rest.contains("#")) {
            throw wrong(endpoint, "has a path: leave out what is after host:port");
        }
        Matcher hostAndPort = HOST_AND_PORT.matcher(rest);
        if (!hostAndPort.matches()) {
            throw wrong(endpoint, "is not of the form host:port: write " + withPort(rest));
        }
        String host = unbracketed(hostAndPort.group(1));
        String port = hostAndPort.group(2);
        if (port.contains(":") || (host.contains(":") != rest.startsWith("["))) {
            throw wrong(endpoint, "is not of the form host:port: write an IPv6 address in brackets, [::1]:2379");
        }
        String problem = problemOf(host);
        if (problem != null) {
            throw wrong(endpoint, problem + ": " + EXAMPLE);
        }
        if (!port.matches("\\d{1,5}") || Integer.parseInt(port) < 1 || Integer.parseInt(port) > PORT_MAX) {
            throw wrong(
                    endpoint,
                    "has port '" + port + "', which is no number between 1 and " + PORT_MAX + ": write host:port");
        }
        return new Endpoint(host, Integer.parseInt(port), encrypted);
    }

    private static boolean isEncrypted(String endpoint, String scheme) {
        return switch (scheme) {
            case "http" -> false;
            case "https" -> true;
            case "unix", "unixs" -> throw wrong(endpoint, "is a Unix socket, which is not supported: " + EXAMPLE);
            default -> throw wrong(endpoint, "has a scheme other than http and https: " + EXAMPLE);
        };
    }

    private static String withPort(String host) {
        return host.matches("\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+") ? host + ":2379" : "127.0.0.1:2379, for instance";
    }

    private static IllegalArgumentException wrong(String endpoint, String problem) {
        return new IllegalArgumentException("endpoint '" + endpoint + "' " + problem);
    }

    /**
     * Without brackets, and with the zone as Java has it: in a URL the percent sign before it is written %25 (RFC
     * 6874).
     */
    private static String unbracketed(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1).replace("%25", "%") : host;
    }

    private static @Nullable String problemOf(String host) {
        if (!host.contains(":")) {
            return NAME.matcher(host).matches() ? null : "has no host that can be a name or an address";
        }
        int zone = host.indexOf('%');
        if (zone >= 0 && !ZONE.matcher(host.substring(zone + 1)).matches()) {
            return "has an IPv6 zone that is none";
        }
        try {
            // In brackets nobody asks the domain name system.
            InetAddress.getByName("[" + (zone < 0 ? host : host.substring(0, zone)) + "]");
            return null;
        } catch (UnknownHostException none) {
            return "has brackets around what is no IPv6 address";
        }
    }

    /** {@code host:port}, an IPv6 address in brackets. */
    public String hostAndPort() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    /** The URL: {@code http://host:port}, or {@code https://host:port}. */
    @Override
    public String toString() {
        return (encrypted ? "https://" : "http://") + hostAndPort();
    }

    /** A channel to it, which notices within 9 seconds if the other side has fallen silent while an answer is due. */
    public ManagedChannelBuilder<?> channelBuilder() {
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(host, port)
                .keepAliveTime(PING_SECONDS, TimeUnit.SECONDS)
                .keepAliveTimeout(PING_ANSWER_SECONDS_MAX, TimeUnit.SECONDS)
                .disableRetry();
        int zone = host.indexOf('%');
        if (zone >= 0) {
            // A zone has a meaning on this machine only (RFC 6874 §4).
            builder.overrideAuthority("[" + host.substring(0, zone) + "]:" + port);
        }
        return encrypted ? builder.useTransportSecurity() : builder.usePlaintext();
    }
}
