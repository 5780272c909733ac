package io.mandate.election.guard.jdbc;

import java.time.Duration;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Describes a guard. Not thread-safe. Every setting is checked by {@link #build}, whose refusal names the setting, its
 * bounds and what to do.
 */
public final class JdbcGuardBuilder {
    private final DataSource dataSource;
    private String resource = "";
    private @Nullable String schema;
    private @Nullable JdbcIsolation isolation;
    private Duration lockTimeout = JdbcGuardOptions.LOCK_TIMEOUT_DEFAULT;
    private @Nullable Duration idleTransactionTimeout;
    private Duration retentionAge = JdbcGuardOptions.RETENTION_AGE_DEFAULT;
    private int retentionCount = JdbcGuardOptions.RETENTION_COUNT_DEFAULT;

    JdbcGuardBuilder(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /**
     * What is protected, by a name that every candidate uses: 1 to 200 characters. Writers of one resource exclude one
     * another for the length of their transactions, so that things that can be written side by side, and have elections
     * of their own, are better different resources.
     */
    public JdbcGuardBuilder resource(String name) {
        this.resource = name;
        return this;
    }

    /**
     * The schema of the guard's tables (on MySQL the database); the connection's own unless said. It must exist.
     *
     * <p>Its name is taken as it is written, of 1 to {@value SqlName#CHARS_MAX} characters. If no schema is called so,
     * it stands for what the database would make of it without quotes, as {@code app} for {@code APP} on H2 and Oracle.
     * In the double quotes of SQL it stands for just that: write it so where two differ in case only, because all
     * candidates must come to the same.
     */
    public JdbcGuardBuilder schema(String name) {
        this.schema = name;
        return this;
    }

    /**
     * The isolation of the guard's transactions; the connection's own unless said. Connections are given back with
     * theirs.
     */
    public JdbcGuardBuilder isolation(JdbcIsolation level) {
        this.isolation = level;
        return this;
    }

    /**
     * How long a write waits for those before it: in the process, and again in the database. Whole seconds from 1 to an
     * hour; 10 unless said.
     */
    public JdbcGuardBuilder lockTimeout(Duration timeout) {
        this.lockTimeout = timeout;
        return this;
    }

    /**
     * On PostgreSQL: the database ends a guarded transaction whose process has sent nothing for so long, and gives the
     * row to the successor. 100 ms to a day. Longer than the work ever computes between two statements; about the time
     * to live of the lease is a good choice. On other databases writes are refused with this setting, see the guide for
     * theirs.
     */
    public JdbcGuardBuilder idleTransactionTimeout(Duration timeout) {
        this.idleTransactionTimeout = timeout;
        return this;
    }

    /**
     * How long the results of operations are kept. What is older, or has so many later ones, is deleted by later
     * operations; a retry that comes after that runs the work again.
     *
     * @param age a second to ten years, by the database's clock; 7 days unless said
     * @param count for each resource, up to 100,000,000; 100,000 unless said
     */
    public JdbcGuardBuilder retention(Duration age, int count) {
        this.retentionAge = age;
        this.retentionCount = count;
        return this;
    }

    /**
     * The guard. Does not touch the database.
     *
     * @throws IllegalArgumentException if a setting is out of its bounds, or the resource has no name
     */
    public JdbcGuard build() {
        return new JdbcGuard(
                dataSource,
                new JdbcGuardOptions(
                        resource,
                        schema == null ? null : SqlName.parse("schema", schema),
                        isolation,
                        lockTimeout,
                        idleTransactionTimeout,
                        retentionAge,
                        retentionCount));
    }
}
