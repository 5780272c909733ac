package io.mandate.bench.metric;

/** The two sides of a run, in the order in which they take turns. */
public enum Product {
    ETCD("etcd"),
    MANDATE("Mandate");

    private final String title;

    Product(String title) {
        this.title = title;
    }

    public String title() {
        return title;
    }
}
