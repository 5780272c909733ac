package io.mandate.bench;

/** The two sides of a run, in the order in which they take turns. */
enum Product {
    ETCD("etcd"),
    MANDATE("Mandate");

    private final String title;

    Product(String title) {
        this.title = title;
    }

    String title() {
        return title;
    }
}
