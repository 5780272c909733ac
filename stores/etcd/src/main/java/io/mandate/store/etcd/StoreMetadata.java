package io.mandate.store.etcd;

import io.grpc.ClientInterceptor;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;

/** What is said beside a request. An etcd does not read what is Mandate's. */
final class StoreMetadata {
    static final Metadata.Key<String> HELLO = key("mandate-hello");
    static final Metadata.Key<String> GROUPS = key("mandate-groups");
    private static final Metadata.Key<String> GROUP = key("mandate-group");
    private static final Metadata.Key<String> HAS_LEADER = key("hasleader");
    private static final Metadata.Key<String> REQUEST_ID = key("mandate-request-id");
    private static final Metadata.Key<String> TTL_MILLIS = key("mandate-lease-ttl-millis");

    private StoreMetadata() {}

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }

    static Metadata none() {
        return new Metadata();
    }

    static Metadata hello() {
        return of(HELLO, "hello");
    }

    static Metadata requestId(long leaseId, long sequence) {
        return of(REQUEST_ID, Long.toHexString(leaseId) + "/" + sequence);
    }

    static Metadata ttlMillis(long ttlMillis) {
        return of(TTL_MILLIS, Long.toString(ttlMillis));
    }

    static ClientInterceptor toGroup(int group) {
        return MetadataUtils.newAttachHeadersInterceptor(of(GROUP, Integer.toString(group)));
    }

    /** A stream through a node that has lost its leader is to break, not to fall silent. */
    static ClientInterceptor requiringLeader() {
        return MetadataUtils.newAttachHeadersInterceptor(of(HAS_LEADER, "true"));
    }

    private static Metadata of(Metadata.Key<String> key, String value) {
        Metadata metadata = new Metadata();
        metadata.put(key, value);
        return metadata;
    }
}
