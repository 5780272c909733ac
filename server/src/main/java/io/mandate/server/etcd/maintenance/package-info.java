/** The services for operators: Maintenance and Cluster, and Auth, which reports that authentication is disabled. */
@NullMarked
package io.mandate.server.etcd.maintenance;

import org.jspecify.annotations.NullMarked;
