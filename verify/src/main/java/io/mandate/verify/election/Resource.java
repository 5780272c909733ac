package io.mandate.verify.election;

import io.mandate.cli.demo.FileLedger;
import io.mandate.cli.demo.Ledger;
import io.mandate.cli.demo.PlainFileLedger;
import io.mandate.election.guard.file.VersionedFile;
import io.mandate.election.guard.http.ObjectGuard;
import io.mandate.election.guard.jdbc.JdbcGuard;
import io.mandate.store.etcd.EtcdStore;
import io.mandate.store.etcd.StoreGuard;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** What leaders write to: each kind with its guard, and as it would be written without one. */
public enum Resource {
    FILE {
        @Override
        Ledger open(String place, EtcdStore store, boolean guarded) {
            return guarded ? new FileLedger(VersionedFile.at(Path.of(place))) : new PlainFileLedger(Path.of(place));
        }
    },
    DATABASE {
        @Override
        Ledger open(String place, EtcdStore store, boolean guarded) throws Exception {
            PGSimpleDataSource dataSource = new PGSimpleDataSource();
            dataSource.setUrl(place);
            return guarded ? new DatabaseLedger(dataSource, guard(dataSource)) : new PlainDatabaseLedger(dataSource);
        }

        private JdbcGuard guard(DataSource dataSource) throws Exception {
            JdbcGuard guard = JdbcGuard.on(dataSource).resource("ledger").build();
            guard.createTables();
            return guard;
        }
    },
    OBJECT {
        @Override
        Ledger open(String place, EtcdStore store, boolean guarded) {
            HttpClient client = HttpClient.newHttpClient();
            return guarded
                    ? new ObjectLedger(ObjectGuard.on(client).build(), URI.create(place))
                    : new PlainObjectLedger(client, URI.create(place));
        }
    },
    STORE {
        @Override
        Ledger open(String place, EtcdStore store, boolean guarded) {
            return guarded ? new StoreLedger(StoreGuard.on(store, place), place) : new PlainStoreLedger(store, place);
        }
    };

    /**
     * A ledger kept there.
     *
     * @param place a path, a JDBC URL, a URI or a key
     * @param store the one that the election is held on
     */
    abstract Ledger open(String place, EtcdStore store, boolean guarded) throws Exception;
}
