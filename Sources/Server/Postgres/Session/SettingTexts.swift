/// What PostgreSQL 15 says of its settings in SHOW ALL and `pg_settings`: the section of its manual, and a sentence.
enum SettingTexts {
    struct Text: Sendable {
        let category: String
        let description: String
    }

    /// - Parameter name: in any case; nil of what is nobody's but the client's.
    static func text(_ name: String) -> Text? { byName[name.lowercased()] }

    private static let byName: [String: Text] = {
        var found: [String: Text] = [:], category = ""
        for line in written.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { continue }
            if parts[0] == "#" { category = String(parts[1]) } else { found[String(parts[0])] = Text(category: category, description: String(parts[1])) }
        }
        return found
    }()

    /// Sections, and behind each its settings with their sentences.
    private static let written = #"""
        # Autovacuum
        autovacuum Starts the autovacuum subprocess.
        # Client Connection Defaults / Locale and Formatting
        client_encoding Sets the client's character set encoding.
        datestyle Sets the display format for date and time values.
        default_text_search_config Sets default text search configuration.
        extra_float_digits Sets the number of digits displayed for floating-point values.
        intervalstyle Sets the display format for interval values.
        lc_messages Sets the language in which messages are displayed.
        lc_monetary Sets the locale for formatting monetary amounts.
        lc_numeric Sets the locale for formatting numbers.
        lc_time Sets the locale for formatting date and time values.
        timezone Sets the time zone for displaying and interpreting time stamps.
        timezone_abbreviations Selects a file of time zone abbreviations.
        # Client Connection Defaults / Statement Behavior
        bytea_output Sets the output format for bytea.
        check_function_bodies Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE.
        client_min_messages Sets the message levels that are sent to the client.
        default_table_access_method Sets the default table access method for new tables.
        default_tablespace Sets the default tablespace to create tables and indexes in.
        default_toast_compression Sets the default compression method for compressible values.
        default_transaction_deferrable Sets the default deferrable status of new transactions.
        default_transaction_isolation Sets the transaction isolation level of each new transaction.
        default_transaction_read_only Sets the default read-only status of new transactions.
        idle_in_transaction_session_timeout Sets the maximum allowed idle time between queries, when in a transaction.
        idle_session_timeout Sets the maximum allowed idle time between queries, when not in a transaction.
        lock_timeout Sets the maximum allowed duration of any wait for a lock.
        role Sets the current role.
        row_security Enable row security.
        search_path Sets the schema search order for names that are not schema-qualified.
        session_authorization Sets the session user name.
        statement_timeout Sets the maximum allowed duration of any statement.
        temp_tablespaces Sets the tablespace(s) to use for temporary tables and sort files.
        transaction_deferrable Whether to defer a read-only serializable transaction until it can be executed with no possible serialization failures.
        transaction_isolation Sets the current transaction's isolation level.
        transaction_read_only Sets the current transaction's read-only status.
        xmlbinary Sets how binary values are to be encoded in XML.
        xmloption Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments.
        # Connections and Authentication / Authentication
        password_encryption Chooses the algorithm for encrypting passwords.
        # Connections and Authentication / Connection Settings
        max_connections Sets the maximum number of concurrent connections.
        tcp_keepalives_count Maximum number of TCP keepalive retransmits.
        tcp_keepalives_idle Time between issuing TCP keepalives.
        tcp_keepalives_interval Time between TCP keepalive retransmits.
        tcp_user_timeout TCP user timeout.
        # Connections and Authentication / SSL
        ssl Enables SSL connections.
        # Customized Options
        rollups Lets sums that were made before answer.
        # Preset Options
        block_size Shows the size of a disk block.
        data_checksums Shows whether data checksums are turned on for this cluster.
        in_hot_standby Shows whether hot standby is currently active.
        integer_datetimes Shows whether datetimes are integer based.
        lc_collate Shows the collation order locale.
        lc_ctype Shows the character classification and case conversion locale.
        max_function_args Shows the maximum number of function arguments.
        max_identifier_length Shows the maximum identifier length.
        max_index_keys Shows the maximum number of index keys.
        server_encoding Shows the server (database) character set encoding.
        server_version Shows the server version.
        server_version_num Shows the server version as an integer.
        wal_block_size Shows the block size in the write ahead log.
        # Query Tuning / Genetic Query Optimizer
        geqo Enables genetic query optimization.
        geqo_threshold Sets the threshold of FROM items beyond which GEQO is used.
        # Query Tuning / Other Planner Options
        constraint_exclusion Enables the planner to use constraints to optimize queries.
        cursor_tuple_fraction Sets the planner's estimate of the fraction of a cursor's rows that will be retrieved.
        default_statistics_target Sets the default statistics target.
        from_collapse_limit Sets the FROM-list size beyond which subqueries are not collapsed.
        jit Allow JIT compilation.
        join_collapse_limit Sets the FROM-list size beyond which JOIN constructs are not flattened.
        plan_cache_mode Controls the planner's selection of custom or generic plan.
        # Query Tuning / Planner Cost Constants
        cpu_index_tuple_cost Sets the planner's estimate of the cost of processing each index entry during an index scan.
        cpu_operator_cost Sets the planner's estimate of the cost of processing each operator or function call.
        cpu_tuple_cost Sets the planner's estimate of the cost of processing each tuple (row).
        effective_cache_size Sets the planner's assumption about the total size of the data caches.
        parallel_setup_cost Sets the planner's estimate of the cost of starting up worker processes for parallel query.
        parallel_tuple_cost Sets the planner's estimate of the cost of passing each tuple (row) from worker to leader backend.
        random_page_cost Sets the planner's estimate of the cost of a nonsequentially fetched disk page.
        seq_page_cost Sets the planner's estimate of the cost of a sequentially fetched disk page.
        # Query Tuning / Planner Method Configuration
        enable_bitmapscan Enables the planner's use of bitmap-scan plans.
        enable_gathermerge Enables the planner's use of gather merge plans.
        enable_hashagg Enables the planner's use of hashed aggregation plans.
        enable_hashjoin Enables the planner's use of hash join plans.
        enable_incremental_sort Enables the planner's use of incremental sort steps.
        enable_indexonlyscan Enables the planner's use of index-only-scan plans.
        enable_indexscan Enables the planner's use of index-scan plans.
        enable_material Enables the planner's use of materialization.
        enable_memoize Enables the planner's use of memoization.
        enable_mergejoin Enables the planner's use of merge join plans.
        enable_nestloop Enables the planner's use of nested-loop join plans.
        enable_parallel_append Enables the planner's use of parallel append plans.
        enable_parallel_hash Enables the planner's use of parallel hash plans.
        enable_partition_pruning Enables plan-time and execution-time partition pruning.
        enable_partitionwise_aggregate Enables partitionwise aggregation and grouping.
        enable_partitionwise_join Enables partitionwise join.
        enable_seqscan Enables the planner's use of sequential-scan plans.
        enable_sort Enables the planner's use of explicit sort steps.
        enable_tidscan Enables the planner's use of TID scan plans.
        # Reporting and Logging / What to Log
        application_name Sets the application name to be reported in statistics and logs.
        is_superuser Shows whether the current user is a superuser.
        # Resource Usage / Asynchronous Behavior
        max_parallel_workers Sets the maximum number of parallel workers that can be active at one time.
        max_parallel_workers_per_gather Sets the maximum number of parallel processes per executor node.
        # Resource Usage / Memory
        maintenance_work_mem Sets the maximum memory to be used for maintenance operations.
        max_prepared_transactions Sets the maximum number of simultaneously prepared transactions.
        shared_buffers Sets the number of shared memory buffers used by the server.
        work_mem Sets the maximum memory to be used for query workspaces.
        # Version and Platform Compatibility / Other Platforms and Clients
        transform_null_equals Treats "expr=NULL" as "expr IS NULL".
        # Version and Platform Compatibility / Previous PostgreSQL Versions
        array_nulls Enable input of NULL elements in arrays.
        backslash_quote Sets whether "\'" is allowed in string literals.
        escape_string_warning Warn about backslash escapes in ordinary string literals.
        quote_all_identifiers When generating SQL fragments, quote all identifiers.
        standard_conforming_strings Causes '...' strings to treat backslashes literally.
        synchronize_seqscans Enable synchronized sequential scans.
        # Write-Ahead Log / Settings
        fsync Forces synchronization of updates to disk.
        synchronous_commit Sets the current transaction's synchronization level.
        wal_level Sets the level of information written to the WAL.
        """#
}
