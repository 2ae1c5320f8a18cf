// The relations of PostgreSQL 15's schema pg_catalog: src/include/catalog of PostgreSQL 15, as its own catalog tells them. The numbers never change.
//
//     number kind name: column:type column:type …            kind: r a table, v a view

/// What columns each relation has.
enum SystemRelationText {
    static let all = """
        2600 r pg_aggregate: aggfnoid:regproc aggkind:char aggnumdirectargs:int2 aggtransfn:regproc aggfinalfn:regproc aggcombinefn:regproc aggserialfn:regproc aggdeserialfn:regproc
                aggmtransfn:regproc aggminvtransfn:regproc aggmfinalfn:regproc aggfinalextra:bool aggmfinalextra:bool aggfinalmodify:char aggmfinalmodify:char aggsortop:oid
                aggtranstype:oid aggtransspace:int4 aggmtranstype:oid aggmtransspace:int4 agginitval:text aggminitval:text
        2601 r pg_am: oid:oid amname:name amhandler:regproc amtype:char
        2602 r pg_amop: oid:oid amopfamily:oid amoplefttype:oid amoprighttype:oid amopstrategy:int2 amoppurpose:char amopopr:oid amopmethod:oid amopsortfamily:oid
        2603 r pg_amproc: oid:oid amprocfamily:oid amproclefttype:oid amprocrighttype:oid amprocnum:int2 amproc:regproc
        2604 r pg_attrdef: oid:oid adrelid:oid adnum:int2 adbin:pg_node_tree
        1249 r pg_attribute: attrelid:oid attname:name atttypid:oid attstattarget:int4 attlen:int2 attnum:int2 attndims:int4 attcacheoff:int4 atttypmod:int4 attbyval:bool attalign:char
                attstorage:char attcompression:char attnotnull:bool atthasdef:bool atthasmissing:bool attidentity:char attgenerated:char attisdropped:bool attislocal:bool
                attinhcount:int4 attcollation:oid attacl:aclitem[] attoptions:text[] attfdwoptions:text[] attmissingval:anyarray
        1261 r pg_auth_members: roleid:oid member:oid grantor:oid admin_option:bool
        1260 r pg_authid: oid:oid rolname:name rolsuper:bool rolinherit:bool rolcreaterole:bool rolcreatedb:bool rolcanlogin:bool rolreplication:bool rolbypassrls:bool
                rolconnlimit:int4 rolpassword:text rolvaliduntil:timestamptz
        12085 v pg_available_extension_versions: name:name version:text installed:bool superuser:bool trusted:bool relocatable:bool schema:name requires:name[] comment:text
        12081 v pg_available_extensions: name:name default_version:text installed_version:text comment:text
        12138 v pg_backend_memory_contexts: name:text ident:text parent:text level:int4 total_bytes:int8 total_nblocks:int8 free_bytes:int8 free_chunks:int8 used_bytes:int8
        2605 r pg_cast: oid:oid castsource:oid casttarget:oid castfunc:oid castcontext:char castmethod:char
        1259 r pg_class: oid:oid relname:name relnamespace:oid reltype:oid reloftype:oid relowner:oid relam:oid relfilenode:oid reltablespace:oid relpages:int4 reltuples:float4
                relallvisible:int4 reltoastrelid:oid relhasindex:bool relisshared:bool relpersistence:char relkind:char relnatts:int2 relchecks:int2 relhasrules:bool
                relhastriggers:bool relhassubclass:bool relrowsecurity:bool relforcerowsecurity:bool relispopulated:bool relreplident:char relispartition:bool relrewrite:oid
                relfrozenxid:xid relminmxid:xid relacl:aclitem[] reloptions:text[] relpartbound:pg_node_tree
        3456 r pg_collation: oid:oid collname:name collnamespace:oid collowner:oid collprovider:char collisdeterministic:bool collencoding:int4 collcollate:text collctype:text
                colliculocale:text collversion:text
        12130 v pg_config: name:text setting:text
        2606 r pg_constraint: oid:oid conname:name connamespace:oid contype:char condeferrable:bool condeferred:bool convalidated:bool conrelid:oid contypid:oid conindid:oid
                conparentid:oid confrelid:oid confupdtype:char confdeltype:char confmatchtype:char conislocal:bool coninhcount:int4 connoinherit:bool conkey:int2[] confkey:int2[]
                conpfeqop:oid[] conppeqop:oid[] conffeqop:oid[] confdelsetcols:int2[] conexclop:oid[] conbin:pg_node_tree
        2607 r pg_conversion: oid:oid conname:name connamespace:oid conowner:oid conforencoding:int4 contoencoding:int4 conproc:regproc condefault:bool
        12077 v pg_cursors: name:text statement:text is_holdable:bool is_binary:bool is_scrollable:bool creation_time:timestamptz
        1262 r pg_database: oid:oid datname:name datdba:oid encoding:int4 datlocprovider:char datistemplate:bool datallowconn:bool datconnlimit:int4 datfrozenxid:xid datminmxid:xid
                dattablespace:oid datcollate:text datctype:text daticulocale:text datcollversion:text datacl:aclitem[]
        2964 r pg_db_role_setting: setdatabase:oid setrole:oid setconfig:text[]
        826 r pg_default_acl: oid:oid defaclrole:oid defaclnamespace:oid defaclobjtype:char defaclacl:aclitem[]
        2608 r pg_depend: classid:oid objid:oid objsubid:int4 refclassid:oid refobjid:oid refobjsubid:int4 deptype:char
        2609 r pg_description: objoid:oid classoid:oid objsubid:int4 description:text
        3501 r pg_enum: oid:oid enumtypid:oid enumsortorder:float4 enumlabel:name
        3466 r pg_event_trigger: oid:oid evtname:name evtevent:name evtowner:oid evtfoid:oid evtenabled:char evttags:text[]
        3079 r pg_extension: oid:oid extname:name extowner:oid extnamespace:oid extrelocatable:bool extversion:text extconfig:oid[] extcondition:text[]
        12110 v pg_file_settings: sourcefile:text sourceline:int4 seqno:int4 name:text setting:text applied:bool error:text
        2328 r pg_foreign_data_wrapper: oid:oid fdwname:name fdwowner:oid fdwhandler:oid fdwvalidator:oid fdwacl:aclitem[] fdwoptions:text[]
        1417 r pg_foreign_server: oid:oid srvname:name srvowner:oid srvfdw:oid srvtype:text srvversion:text srvacl:aclitem[] srvoptions:text[]
        3118 r pg_foreign_table: ftrelid:oid ftserver:oid ftoptions:text[]
        12010 v pg_group: groname:name grosysid:oid grolist:oid[]
        12114 v pg_hba_file_rules: line_number:int4 type:text database:text[] user_name:text[] address:text netmask:text auth_method:text options:text[] error:text
        12118 v pg_ident_file_mappings: line_number:int4 map_name:text sys_name:text pg_username:text error:text
        2610 r pg_index: indexrelid:oid indrelid:oid indnatts:int2 indnkeyatts:int2 indisunique:bool indnullsnotdistinct:bool indisprimary:bool indisexclusion:bool indimmediate:bool
                indisclustered:bool indisvalid:bool indcheckxmin:bool indisready:bool indislive:bool indisreplident:bool indkey:int2vector indcollation:oidvector indclass:oidvector
                indoption:int2vector indexprs:pg_node_tree indpred:pg_node_tree
        12043 v pg_indexes: schemaname:name tablename:name indexname:name tablespace:name indexdef:text
        2611 r pg_inherits: inhrelid:oid inhparent:oid inhseqno:int4 inhdetachpending:bool
        3394 r pg_init_privs: objoid:oid classoid:oid objsubid:int4 privtype:char initprivs:aclitem[]
        2612 r pg_language: oid:oid lanname:name lanowner:oid lanispl:bool lanpltrusted:bool lanplcallfoid:oid laninline:oid lanvalidator:oid lanacl:aclitem[]
        2613 r pg_largeobject: loid:oid pageno:int4 data:bytea
        2995 r pg_largeobject_metadata: oid:oid lomowner:oid lomacl:aclitem[]
        12073 v pg_locks: locktype:text database:oid relation:oid page:int4 tuple:int2 virtualxid:text transactionid:xid classid:oid objid:oid objsubid:int2 virtualtransaction:text
                pid:int4 mode:text granted:bool fastpath:bool waitstart:timestamptz
        12038 v pg_matviews: schemaname:name matviewname:name matviewowner:name tablespace:name hasindexes:bool ispopulated:bool definition:text
        2615 r pg_namespace: oid:oid nspname:name nspowner:oid nspacl:aclitem[]
        2616 r pg_opclass: oid:oid opcmethod:oid opcname:name opcnamespace:oid opcowner:oid opcfamily:oid opcintype:oid opcdefault:bool opckeytype:oid
        2617 r pg_operator: oid:oid oprname:name oprnamespace:oid oprowner:oid oprkind:char oprcanmerge:bool oprcanhash:bool oprleft:oid oprright:oid oprresult:oid oprcom:oid
                oprnegate:oid oprcode:regproc oprrest:regproc oprjoin:regproc
        2753 r pg_opfamily: oid:oid opfmethod:oid opfname:name opfnamespace:oid opfowner:oid
        6243 r pg_parameter_acl: oid:oid parname:text paracl:aclitem[]
        3350 r pg_partitioned_table: partrelid:oid partstrat:char partnatts:int2 partdefid:oid partattrs:int2vector partclass:oidvector partcollation:oidvector partexprs:pg_node_tree
        12018 v pg_policies: schemaname:name tablename:name policyname:name permissive:text roles:name[] cmd:text qual:text with_check:text
        3256 r pg_policy: oid:oid polname:name polrelid:oid polcmd:char polpermissive:bool polroles:oid[] polqual:pg_node_tree polwithcheck:pg_node_tree
        12095 v pg_prepared_statements: name:text statement:text prepare_time:timestamptz parameter_types:regtype[] from_sql:bool generic_plans:int8 custom_plans:int8
        12090 v pg_prepared_xacts: transaction:xid gid:text prepared:timestamptz owner:name database:name
        1255 r pg_proc: oid:oid proname:name pronamespace:oid proowner:oid prolang:oid procost:float4 prorows:float4 provariadic:oid prosupport:regproc prokind:char prosecdef:bool
                proleakproof:bool proisstrict:bool proretset:bool provolatile:char proparallel:char pronargs:int2 pronargdefaults:int2 prorettype:oid proargtypes:oidvector
                proallargtypes:oid[] proargmodes:char[] proargnames:text[] proargdefaults:pg_node_tree protrftypes:oid[] prosrc:text probin:text prosqlbody:pg_node_tree
                proconfig:text[] proacl:aclitem[]
        6104 r pg_publication: oid:oid pubname:name pubowner:oid puballtables:bool pubinsert:bool pubupdate:bool pubdelete:bool pubtruncate:bool pubviaroot:bool
        6237 r pg_publication_namespace: oid:oid pnpubid:oid pnnspid:oid
        6106 r pg_publication_rel: oid:oid prpubid:oid prrelid:oid prqual:pg_node_tree prattrs:int2vector
        12068 v pg_publication_tables: pubname:name schemaname:name tablename:name attnames:name[] rowfilter:text
        3541 r pg_range: rngtypid:oid rngsubtype:oid rngmultitypid:oid rngcollation:oid rngsubopc:oid rngcanonical:regproc rngsubdiff:regproc
        6000 r pg_replication_origin: roident:oid roname:text
        12332 v pg_replication_origin_status: local_id:oid external_id:text remote_lsn:pg_lsn local_lsn:pg_lsn
        12257 v pg_replication_slots: slot_name:name plugin:name slot_type:text datoid:oid database:name temporary:bool active:bool active_pid:int4 xmin:xid catalog_xmin:xid
                restart_lsn:pg_lsn confirmed_flush_lsn:pg_lsn wal_status:text safe_wal_size:int8 two_phase:bool
        2618 r pg_rewrite: oid:oid rulename:name ev_class:oid ev_type:char ev_enabled:char is_instead:bool ev_qual:pg_node_tree ev_action:pg_node_tree
        12000 v pg_roles: rolname:name rolsuper:bool rolinherit:bool rolcreaterole:bool rolcreatedb:bool rolcanlogin:bool rolreplication:bool rolconnlimit:int4 rolpassword:text
                rolvaliduntil:timestamptz rolbypassrls:bool rolconfig:text[] oid:oid
        12023 v pg_rules: schemaname:name tablename:name rulename:name definition:text
        3596 r pg_seclabel: objoid:oid classoid:oid objsubid:int4 provider:text label:text
        12099 v pg_seclabels: objoid:oid classoid:oid objsubid:int4 objtype:text objnamespace:oid objname:text provider:text label:text
        2224 r pg_sequence: seqrelid:oid seqtypid:oid seqstart:int8 seqincrement:int8 seqmax:int8 seqmin:int8 seqcache:int8 seqcycle:bool
        12048 v pg_sequences: schemaname:name sequencename:name sequenceowner:name data_type:regtype start_value:int8 min_value:int8 max_value:int8 increment_by:int8 cycle:bool
                cache_size:int8 last_value:int8
        12104 v pg_settings: name:text setting:text unit:text category:text short_desc:text extra_desc:text context:text vartype:text source:text min_val:text max_val:text
                enumvals:text[] boot_val:text reset_val:text sourcefile:text sourceline:int4 pending_restart:bool
        12005 v pg_shadow: usename:name usesysid:oid usecreatedb:bool usesuper:bool userepl:bool usebypassrls:bool passwd:text valuntil:timestamptz useconfig:text[]
        1214 r pg_shdepend: dbid:oid classid:oid objid:oid objsubid:int4 refclassid:oid refobjid:oid deptype:char
        2396 r pg_shdescription: objoid:oid classoid:oid description:text
        12134 v pg_shmem_allocations: name:text off:int8 size:int8 allocated_size:int8
        3592 r pg_shseclabel: objoid:oid classoid:oid provider:text label:text
        12222 v pg_stat_activity: datid:oid datname:name pid:int4 leader_pid:int4 usesysid:oid usename:name application_name:text client_addr:inet client_hostname:text client_port:int4
                backend_start:timestamptz xact_start:timestamptz query_start:timestamptz state_change:timestamptz wait_event_type:text wait_event:text state:text backend_xid:xid
                backend_xmin:xid query_id:int8 query:text backend_type:text
        12142 v pg_stat_all_tables: relid:oid schemaname:name relname:name seq_scan:int8 seq_tup_read:int8 idx_scan:int8 idx_tup_fetch:int8 n_tup_ins:int8 n_tup_upd:int8 n_tup_del:int8
                n_tup_hot_upd:int8 n_live_tup:int8 n_dead_tup:int8 n_mod_since_analyze:int8 n_ins_since_vacuum:int8 last_vacuum:timestamptz last_autovacuum:timestamptz
                last_analyze:timestamptz last_autoanalyze:timestamptz vacuum_count:int8 autovacuum_count:int8 analyze_count:int8 autoanalyze_count:int8
        12266 v pg_stat_database: datid:oid datname:name numbackends:int4 xact_commit:int8 xact_rollback:int8 blks_read:int8 blks_hit:int8 tup_returned:int8 tup_fetched:int8
                tup_inserted:int8 tup_updated:int8 tup_deleted:int8 conflicts:int8 temp_files:int8 temp_bytes:int8 deadlocks:int8 checksum_failures:int8
                checksum_last_failure:timestamptz blk_read_time:float8 blk_write_time:float8 session_time:float8 active_time:float8 idle_in_transaction_time:float8 sessions:int8
                sessions_abandoned:int8 sessions_fatal:int8 sessions_killed:int8 stats_reset:timestamptz
        12161 v pg_stat_user_tables: relid:oid schemaname:name relname:name seq_scan:int8 seq_tup_read:int8 idx_scan:int8 idx_tup_fetch:int8 n_tup_ins:int8 n_tup_upd:int8
                n_tup_del:int8 n_tup_hot_upd:int8 n_live_tup:int8 n_dead_tup:int8 n_mod_since_analyze:int8 n_ins_since_vacuum:int8 last_vacuum:timestamptz last_autovacuum:timestamptz
                last_analyze:timestamptz last_autoanalyze:timestamptz vacuum_count:int8 autovacuum_count:int8 analyze_count:int8 autoanalyze_count:int8
        2619 r pg_statistic: starelid:oid staattnum:int2 stainherit:bool stanullfrac:float4 stawidth:int4 stadistinct:float4 stakind1:int2 stakind2:int2 stakind3:int2 stakind4:int2
                stakind5:int2 staop1:oid staop2:oid staop3:oid staop4:oid staop5:oid stacoll1:oid stacoll2:oid stacoll3:oid stacoll4:oid stacoll5:oid stanumbers1:float4[]
                stanumbers2:float4[] stanumbers3:float4[] stanumbers4:float4[] stanumbers5:float4[] stavalues1:anyarray stavalues2:anyarray stavalues3:anyarray stavalues4:anyarray
                stavalues5:anyarray
        3381 r pg_statistic_ext: oid:oid stxrelid:oid stxname:name stxnamespace:oid stxowner:oid stxstattarget:int4 stxkeys:int2vector stxkind:char[] stxexprs:pg_node_tree
        3429 r pg_statistic_ext_data: stxoid:oid stxdinherit:bool stxdndistinct:pg_ndistinct stxddependencies:pg_dependencies stxdmcv:pg_mcv_list stxdexpr:pg_statistic[]
        12053 v pg_stats: schemaname:name tablename:name attname:name inherited:bool null_frac:float4 avg_width:int4 n_distinct:float4 most_common_vals:anyarray
                most_common_freqs:float4[] histogram_bounds:anyarray correlation:float4 most_common_elems:anyarray most_common_elem_freqs:float4[] elem_count_histogram:float4[]
        12058 v pg_stats_ext: schemaname:name tablename:name statistics_schemaname:name statistics_name:name statistics_owner:name attnames:name[] exprs:text[] kinds:char[]
                inherited:bool n_distinct:pg_ndistinct dependencies:pg_dependencies most_common_vals:text[] most_common_val_nulls:bool[] most_common_freqs:float8[]
                most_common_base_freqs:float8[]
        12063 v pg_stats_ext_exprs: schemaname:name tablename:name statistics_schemaname:name statistics_name:name statistics_owner:name expr:text inherited:bool null_frac:float4
                avg_width:int4 n_distinct:float4 most_common_vals:anyarray most_common_freqs:float4[] histogram_bounds:anyarray correlation:float4 most_common_elems:anyarray
                most_common_elem_freqs:float4[] elem_count_histogram:float4[]
        6100 r pg_subscription: oid:oid subdbid:oid subskiplsn:pg_lsn subname:name subowner:oid subenabled:bool subbinary:bool substream:bool subtwophasestate:char subdisableonerr:bool
                subconninfo:text subslotname:name subsynccommit:text subpublications:text[]
        6102 r pg_subscription_rel: srsubid:oid srrelid:oid srsubstate:char srsublsn:pg_lsn
        12033 v pg_tables: schemaname:name tablename:name tableowner:name tablespace:name hasindexes:bool hasrules:bool hastriggers:bool rowsecurity:bool
        1213 r pg_tablespace: oid:oid spcname:name spcowner:oid spcacl:aclitem[] spcoptions:text[]
        12122 v pg_timezone_abbrevs: abbrev:text utc_offset:interval is_dst:bool
        12126 v pg_timezone_names: name:text abbrev:text utc_offset:interval is_dst:bool
        3576 r pg_transform: oid:oid trftype:oid trflang:oid trffromsql:regproc trftosql:regproc
        2620 r pg_trigger: oid:oid tgrelid:oid tgparentid:oid tgname:name tgfoid:oid tgtype:int2 tgenabled:char tgisinternal:bool tgconstrrelid:oid tgconstrindid:oid tgconstraint:oid
                tgdeferrable:bool tginitdeferred:bool tgnargs:int2 tgattr:int2vector tgargs:bytea tgqual:pg_node_tree tgoldtable:name tgnewtable:name
        3602 r pg_ts_config: oid:oid cfgname:name cfgnamespace:oid cfgowner:oid cfgparser:oid
        3603 r pg_ts_config_map: mapcfg:oid maptokentype:int4 mapseqno:int4 mapdict:oid
        3600 r pg_ts_dict: oid:oid dictname:name dictnamespace:oid dictowner:oid dicttemplate:oid dictinitoption:text
        3601 r pg_ts_parser: oid:oid prsname:name prsnamespace:oid prsstart:regproc prstoken:regproc prsend:regproc prsheadline:regproc prslextype:regproc
        3764 r pg_ts_template: oid:oid tmplname:name tmplnamespace:oid tmplinit:regproc tmpllexize:regproc
        1247 r pg_type: oid:oid typname:name typnamespace:oid typowner:oid typlen:int2 typbyval:bool typtype:char typcategory:char typispreferred:bool typisdefined:bool typdelim:char
                typrelid:oid typsubscript:regproc typelem:oid typarray:oid typinput:regproc typoutput:regproc typreceive:regproc typsend:regproc typmodin:regproc typmodout:regproc
                typanalyze:regproc typalign:char typstorage:char typnotnull:bool typbasetype:oid typtypmod:int4 typndims:int4 typcollation:oid typdefaultbin:pg_node_tree
                typdefault:text typacl:aclitem[]
        12014 v pg_user: usename:name usesysid:oid usecreatedb:bool usesuper:bool userepl:bool usebypassrls:bool passwd:text valuntil:timestamptz useconfig:text[]
        1418 r pg_user_mapping: oid:oid umuser:oid umserver:oid umoptions:text[]
        12327 v pg_user_mappings: umid:oid srvid:oid srvname:name umuser:oid usename:name umoptions:text[]
        12028 v pg_views: schemaname:name viewname:name viewowner:name definition:text
        """
}
