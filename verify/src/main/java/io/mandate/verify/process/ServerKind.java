package io.mandate.verify.process;

/** Whose server a process runs. Both take etcd's flags and print etcd's ready line. */
public enum ServerKind {
    ETCD,
    MANDATE
}
