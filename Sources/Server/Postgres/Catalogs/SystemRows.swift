internal import ColumnStore
internal import Query

/// The rows of `pg_catalog`'s relations: for what there is; none for what a store does not have.
struct SystemRows {
    typealias Row = [String: Value]

    private static let namespaces: [(number: Int64, name: String)] = [(11, "pg_catalog"), (2_200, "public"), (informationSchema, "information_schema")]
    private static let informationSchema: Int64 = 13_000
    static func namespaces(_ catalog: any QueryCatalog) -> [(number: Int64, name: String)] {
        namespaces + catalog.schemas.map { (SystemNumber.schema($0.name), $0.name) }
    }
    /// Whose everything is.
    static let owner = "till"
    fileprivate static let publicSchema: Int64 = 2_200
    private static let database: Int64 = 5

    private let catalog: any QueryCatalog
    private let session: SystemSession

    init(_ catalog: any QueryCatalog, _ session: SystemSession) { (self.catalog, self.session) = (catalog, session) }

    func rows(of relation: SystemRelation) throws -> [Row] {
        switch relation.name {
        case "pg_namespace": Self.namespaces(catalog).map { ["oid": .integer($0.number), "nspname": .string($0.name), "nspowner": .integer(SystemNumber.owner)] }
        case "pg_class": try classes()
        case "pg_attribute": try attributes()
        case "pg_type": Self.types + rowTypes()
        case "pg_proc": Self.procedures
        case "pg_range": Self.ranges
        case "pg_opclass": Self.orderClasses
        case "pg_opfamily": Self.orderFamilies
        case "pg_timezone_names": SystemZones.rows(at: CalendarText.now)
        case "pg_timezone_abbrevs": SystemZones.abbreviations(at: CalendarText.now)
        case "pg_prepared_statements": preparedStatements
        case "pg_cursors": cursors
        case "pg_language": Self.languages
        case "pg_description": try descriptions()
        case "pg_index": try tables().filter(\.hasKey).map(index)
        case "pg_indexes": try tables().filter(\.hasKey).map(shownIndex)
        case "pg_constraint": try tables().filter(\.hasKey).map(constraint)
        case "pg_am": Self.accessMethods
        case "pg_database": [databaseRow]
        case "pg_roles", "pg_user", "pg_authid": roles
        case "pg_collation": Self.collations
        case "pg_settings": (session.settings?.all ?? []).map(setting)
        case "pg_tables": try tables().filter { !$0.isView }.map { ["schemaname": .string("public"), "tablename": .string($0.name), "tableowner": .string(Self.owner), "hasindexes": .boolean($0.hasKey)] }
        case "pg_views": try tables().filter(\.isView).map(shownView)
        case "pg_rewrite": try tables().filter(\.isView).map(rule)
        case "pg_depend": try tables().filter(\.isView).flatMap(dependencies)
        case "pg_stat_activity": [activity]
        case "pg_stat_all_tables", "pg_stat_xact_all_tables", "pg_statio_all_tables": try countedTables() + Self.countedSystemTables
        case "pg_stat_user_tables", "pg_stat_xact_user_tables", "pg_statio_user_tables": try countedTables()
        case "pg_stat_sys_tables", "pg_stat_xact_sys_tables", "pg_statio_sys_tables": Self.countedSystemTables
        case "pg_stat_all_indexes", "pg_stat_user_indexes", "pg_statio_all_indexes", "pg_statio_user_indexes": try countedKeys()
        // One row each, of counts that are kept by nobody.
        case "pg_stat_bgwriter", "pg_stat_archiver", "pg_stat_wal": [[:]]
        case "pg_stat_database": [["datid": .integer(Self.database), "datname": .string(session.database), "numbackends": .integer(1)]]
        case "pg_stat_ssl": [["pid": .integer(Int64(session.processID)), "ssl": .boolean(session.isEncrypted)]]
        case "pg_stat_gssapi": [["pid": .integer(Int64(session.processID)), "gss_authenticated": .boolean(false), "encrypted": .boolean(false)]]
        case "pg_tablespace": [["oid": .integer(1_663), "spcname": .string("pg_default"), "spcowner": .integer(SystemNumber.owner)]]
        default: []
        }
    }

    // MARK: Tables and their columns

    /// A table or view that the asker sees.
    private struct Described {
        /// Nil for the store's own.
        let schema: String?
        let name: String
        let fields: [Field]
        let isView: Bool
        /// The SELECT that stands for a view; nil of what is no text.
        var query: String?
        var hasKey: Bool { !isView && SystemRows.hasKey(name, fields) }
        var number: Int64 { schema.map { SystemNumber.relation(name, inSchema: $0) } ?? SystemNumber.relation(name) }
        var namespace: Int64 { schema.map { SystemNumber.schema($0) } ?? SystemRows.publicSchema }
    }

    /// Whether it is rows of a table that stands beside it, as versions that were: their tickets are the table's own.
    private static func isPart(_ name: String) -> Bool { name.hasSuffix("_accepted") || name.hasSuffix("_history") }

    /// Whether each row of what is kept under the name has a ticket of its own.
    static func hasKey(_ name: String, _ fields: [Field]) -> Bool { !isPart(name) && fields.contains { $0.name == "ticket_id" } }

    private func tables() throws -> [Described] {
        try catalog.entryNames.compactMap { name in
            switch try catalog.entry(named: name) {
            case .table(let source, _)?: Described(schema: nil, name: name, fields: source.schema.fields, isView: Self.isPart(name))
            case .rows(let rows)?: Described(schema: nil, name: name, fields: rows.fields, isView: true)
            case .view(let query)?: described(view: name, query, inSchema: nil)
            case nil: nil
            }
        } + foreign()
    }

    /// What other schemas have, all views.
    private func foreign() throws -> [Described] {
        try catalog.schemas.flatMap { schema in
            try schema.entryNames.compactMap { name in
                guard case .view(let query)? = try catalog.entry(named: name, inSchema: schema.name) else { return nil }
                return described(view: name, query, inSchema: schema.name)
            }
        }
    }

    /// One whose columns are not kept and that does not bind, for want of what it reads, is not shown.
    private func described(view name: String, _ query: String, inSchema schema: String?) -> Described? {
        let context = QueryContext(catalog: catalog, now: 0)
        return Binder.columns(ofView: name, query, inSchema: schema, in: context).map { Described(schema: schema, name: name, fields: $0, isView: true, query: query) }
    }

    /// That which asks, as `xmin` says: no transaction's number is old here and none runs out, which monitors watch for.
    private static let oldestTransaction: Int64 = 3

    private func classes() throws -> [Row] {
        var rows: [Row] = SystemRelation.all.map { relation in
            [
                "oid": .integer(relation.number), "relname": .string(relation.name), "relnamespace": .integer(11), "relkind": .string(relation.isView ? "v" : "r"),
                "relnatts": .integer(Int64(relation.columns.count)), "relowner": .integer(SystemNumber.owner), "relpersistence": .string("p"), "relreplident": .string("n"),
                "relispopulated": .boolean(true), "relhasrules": .boolean(relation.isView), "relam": .integer(relation.isView ? 0 : 2), "relfrozenxid": .integer(relation.isView ? 0 : Self.oldestTransaction),
                "relminmxid": .integer(relation.isView ? 0 : 1),
            ]
        }
        rows += InformationSchema.all.map { relation in
            [
                "oid": .integer(relation.number), "relname": .string(relation.name), "relnamespace": .integer(Self.informationSchema), "relkind": .string("v"),
                "relnatts": .integer(Int64(relation.columns.count)), "relowner": .integer(SystemNumber.owner), "relpersistence": .string("p"), "relreplident": .string("n"),
                "relispopulated": .boolean(true), "relhasrules": .boolean(true),
            ]
        }
        for table in try tables() {
            rows.append([
                "oid": .integer(table.number), "relname": .string(table.name), "relnamespace": .integer(table.namespace),
                "relkind": .string(table.isView ? "v" : "r"), "relnatts": .integer(Int64(table.fields.count)), "relowner": .integer(SystemNumber.owner),
                "relpersistence": .string("p"), "relreplident": .string("d"), "relispopulated": .boolean(true), "relhasindex": .boolean(table.hasKey), "relhasrules": .boolean(table.isView),
                "relam": .integer(table.isView ? 0 : 2), "reltuples": .double(-1), "reltype": .integer(SystemNumber.rowType(of: table.name, inSchema: table.schema)),
                "relfrozenxid": .integer(table.isView ? 0 : Self.oldestTransaction), "relminmxid": .integer(table.isView ? 0 : 1),
            ])
            guard table.hasKey else { continue }
            rows.append([
                "oid": .integer(SystemNumber.index(of: table.name)), "relname": .string("\(table.name)_pkey"), "relnamespace": .integer(Self.publicSchema), "relkind": .string("i"),
                "relnatts": .integer(1), "relowner": .integer(SystemNumber.owner), "relpersistence": .string("p"), "relreplident": .string("n"), "relispopulated": .boolean(true), "relam": .integer(403),
            ])
        }
        return rows
    }

    /// The type of each relation's rows, as `pg_class.reltype` says it, and that of lists of them, by names alone: no view is bound for them. Tools leave out what has none, as
    /// Prisma does.
    private func rowTypes() -> [Row] {
        func list(_ name: String, inSchema schema: String?) -> Row {
            [
                "oid": .integer(SystemNumber.rowList(of: name, inSchema: schema)), "typname": .string("_" + name), "typnamespace": .integer(schema.map { SystemNumber.schema($0) } ?? Self.publicSchema),
                "typowner": .integer(SystemNumber.owner), "typlen": .integer(-1), "typtype": .string("b"), "typcategory": .string("A"), "typisdefined": .boolean(true), "typdelim": .string(","),
                "typelem": .integer(SystemNumber.rowType(of: name, inSchema: schema)), "typinput": Self.procedure("array_in"), "typoutput": Self.procedure("array_out"),
                "typreceive": Self.procedure("array_recv"), "typsend": Self.procedure("array_send"), "typalign": .string("d"), "typstorage": .string("x"), "typtypmod": .integer(-1),
            ]
        }
        func row(_ name: String, inSchema schema: String?) -> Row {
            [
                "oid": .integer(SystemNumber.rowType(of: name, inSchema: schema)), "typname": .string(name), "typnamespace": .integer(schema.map { SystemNumber.schema($0) } ?? Self.publicSchema),
                "typowner": .integer(SystemNumber.owner), "typlen": .integer(-1), "typtype": .string("c"), "typcategory": .string("C"), "typisdefined": .boolean(true), "typdelim": .string(","),
                "typrelid": .integer(schema.map { SystemNumber.relation(name, inSchema: $0) } ?? SystemNumber.relation(name)), "typinput": Self.procedure("record_in"),
                "typoutput": Self.procedure("record_out"), "typreceive": Self.procedure("record_recv"), "typsend": Self.procedure("record_send"), "typalign": .string("d"),
                "typstorage": .string("x"), "typtypmod": .integer(-1), "typarray": .integer(SystemNumber.rowList(of: name, inSchema: schema)),
            ]
        }
        let own = catalog.entryNames.flatMap { [row($0, inSchema: nil), list($0, inSchema: nil)] }
        return own + catalog.schemas.flatMap { schema in schema.entryNames.flatMap { [row($0, inSchema: schema.name), list($0, inSchema: schema.name)] } }
    }

    /// Tables as views of counts have them, and nobody counts.
    private func countedTables() throws -> [Row] {
        try tables().filter { !$0.isView }.map { ["relid": .integer($0.number), "schemaname": .string($0.schema ?? "public"), "relname": .string($0.name)] }
    }

    private static let countedSystemTables: [Row] = SystemRelation.all.filter { !$0.isView }.map {
        ["relid": .integer($0.number), "schemaname": .string("pg_catalog"), "relname": .string($0.name)]
    }

    private func countedKeys() throws -> [Row] {
        try tables().filter(\.hasKey).map {
            [
                "relid": .integer($0.number), "indexrelid": .integer(SystemNumber.index(of: $0.name)), "schemaname": .string("public"), "relname": .string($0.name),
                "indexrelname": .string("\($0.name)_pkey"),
            ]
        }
    }

    private func attributes() throws -> [Row] {
        var rows: [Row] = []
        for table in try tables() {
            let number = table.number
            for (index, field) in table.fields.enumerated() { rows.append(attribute(field, index, of: number, isKey: table.hasKey && field.name == "ticket_id")) }
            guard table.hasKey, let key = table.fields.first(where: { $0.name == "ticket_id" }) else { continue }
            rows.append(attribute(key, 0, of: SystemNumber.index(of: table.name), isKey: false))
        }
        for relation in InformationSchema.all {
            for (index, column) in relation.columns.enumerated() {
                let shape = AnswerColumns.described(ResultColumn(name: column.name, type: column.type, declared: column.declared))
                rows.append(attribute(column.name, index, of: relation.number, type: Int64(shape.type), modifier: -1, isRequired: false))
            }
        }
        for relation in SystemRelation.all {
            for (index, column) in relation.columns.enumerated() {
                let name = column.typeName
                let number = SystemType.byName[name.hasSuffix("[]") ? "_" + name.dropLast(2) : name]?.number ?? 25
                rows.append(attribute(column.name, index, of: relation.number, type: number, modifier: -1, isRequired: relation.isRequired(column, typeNumber: number)))
            }
        }
        return rows
    }

    private func attribute(_ field: Field, _ index: Int, of relation: Int64, isKey: Bool) -> Row {
        let shape = AnswerColumns.described(ResultColumn(name: field.name, type: field.type.withoutIDs))
        return attribute(field.name, index, of: relation, type: Int64(shape.type), modifier: Int64(shape.modifier), isRequired: isKey)
    }

    private func attribute(_ name: String, _ index: Int, of relation: Int64, type number: Int64, modifier: Int64, isRequired: Bool) -> Row {
        let type = SystemType.byNumber[number]
        return [
            "attrelid": .integer(relation), "attname": .string(name), "atttypid": .integer(number), "attstattarget": .integer(-1), "attlen": .integer(type?.length ?? -1),
            "attnum": .integer(Int64(index + 1)), "attcacheoff": .integer(-1), "atttypmod": .integer(modifier), "attbyval": .boolean(type?.isByValue ?? false),
            "attalign": .string(type?.align ?? "i"), "attstorage": .string(type?.storage ?? "x"), "attnotnull": .boolean(isRequired), "attislocal": .boolean(true),
            "attcollation": .integer(type?.collation ?? 0), "attndims": .integer(type?.category == "A" ? 1 : 0),
        ]
    }

    /// Comments on relations (number 0) and on their columns.
    private func descriptions() throws -> [Row] {
        try tables().flatMap { table -> [Row] in
            guard let comments = table.schema.map({ catalog.comments(on: table.name, inSchema: $0) }) ?? catalog.comments(on: table.name) else { return [] }
            var all: [(place: Int64, text: String?)] = [(0, comments.relation)]
            for (index, field) in table.fields.enumerated() { all.append((Int64(index + 1), comments.columns[field.name])) }
            return all.compactMap { place, text -> Row? in
                guard let text, !text.isEmpty else { return nil }
                return [
                    "objoid": .integer(table.number), "classoid": .integer(SystemRelation.classNumber), "objsubid": .integer(place),
                    // A text on the wire ends at the first zero.
                    "description": .string(text.replacing("\0", with: " ")),
                ]
            }
        }
    }

    private func index(_ table: Described) -> Row {
        let place = Int64((table.fields.firstIndex { $0.name == "ticket_id" } ?? 0) + 1)
        return [
            "indexrelid": .integer(SystemNumber.index(of: table.name)), "indrelid": .integer(SystemNumber.relation(table.name)), "indnatts": .integer(1), "indnkeyatts": .integer(1),
            "indisunique": .boolean(true), "indisprimary": .boolean(true), "indimmediate": .boolean(true), "indisvalid": .boolean(true), "indisready": .boolean(true), "indislive": .boolean(true),
            "indkey": .list([.integer(place)]), "indcollation": .list([.integer(100)]), "indclass": .list([.integer(3_126)]), "indoption": .list([.integer(0)]),
        ]
    }

    /// As `pg_get_indexdef` says it.
    private func shownIndex(_ table: Described) -> Row {
        let key = "\(table.name)_pkey"
        let definition = "CREATE UNIQUE INDEX \(SystemCatalog.quoted(key)) ON public.\(SystemCatalog.quoted(table.name)) USING btree (ticket_id)"
        return ["schemaname": .string("public"), "tablename": .string(table.name), "indexname": .string(key), "indexdef": .string(definition)]
    }

    private func shownView(_ view: Described) -> Row {
        let definition = ViewDefinition.text(ofView: view.name, view.query, inSchema: view.schema, in: catalog).map { Value.string($0) }
        return ["schemaname": .string(view.schema ?? "public"), "viewname": .string(view.name), "viewowner": .string(Self.owner), "definition": definition ?? .null]
    }

    /// To PostgreSQL a view is a rule by which its rows are made.
    private func rule(_ view: Described) -> Row {
        [
            "oid": .integer(SystemNumber.rule(of: view.name, inSchema: view.schema)), "rulename": .string("_RETURN"), "ev_class": .integer(view.number), "ev_type": .string("1"),
            "ev_enabled": .string("O"), "is_instead": .boolean(true),
        ]
    }

    /// What a view's rule needs: the view itself, and what its text names. pg_dump puts views behind those that they read by it.
    private func dependencies(_ view: Described) -> [Row] {
        func row(on relation: Int64, _ kind: String) -> Row {
            [
                "classid": .integer(Self.ruleClass), "objid": .integer(SystemNumber.rule(of: view.name, inSchema: view.schema)), "objsubid": .integer(0),
                "refclassid": .integer(SystemRelation.classNumber), "refobjid": .integer(relation), "refobjsubid": .integer(0), "deptype": .string(kind),
            ]
        }
        let own = [row(on: view.number, "i"), row(on: view.number, "n")]
        guard view.schema == nil, let query = view.query, let bound = try? Binder.view(query, named: view.name, in: QueryContext(catalog: catalog, now: 0)) else { return own }
        let known = Set(catalog.entryNames)
        return own + bound.reads.filter(known.contains).map { row(on: SystemNumber.relation($0), "n") }
    }

    /// The number of `pg_rewrite`.
    private static let ruleClass: Int64 = 2_618

    private func constraint(_ table: Described) -> Row {
        let place = Int64((table.fields.firstIndex { $0.name == "ticket_id" } ?? 0) + 1)
        return [
            "oid": .integer(SystemNumber.constraint(of: table.name)), "conname": .string("\(table.name)_pkey"), "connamespace": .integer(Self.publicSchema), "contype": .string("p"),
            "convalidated": .boolean(true), "conrelid": .integer(SystemNumber.relation(table.name)), "conindid": .integer(SystemNumber.index(of: table.name)), "conislocal": .boolean(true),
            "connoinherit": .boolean(true), "conkey": .list([.integer(place)]), "confupdtype": .string(" "), "confdeltype": .string(" "), "confmatchtype": .string(" "),
        ]
    }

    // MARK: What is always there

    /// PostgreSQL's ranges, by src/include/catalog/pg_range.dat: drivers that know them ask what each is of.
    private static let ranges: [Row] = {
        let all: [(range: Int64, element: Int64, several: Int64, collation: Int64, order: Int64, canonical: Int64, difference: Int64)] = [
            (3_904, 23, 4_451, 0, 1_978, 3_914, 3_922),
            (3_906, 1_700, 4_532, 0, 3_125, 0, 3_924),
            (3_908, 1_114, 4_533, 0, 3_128, 0, 3_929),
            (3_910, 1_184, 4_534, 0, 3_127, 0, 3_930),
            (3_912, 1_082, 4_535, 0, 3_122, 3_915, 3_925),
            (3_926, 20, 4_536, 0, 3_124, 3_928, 3_923),
        ]
        return all.map {
            [
                "rngtypid": .integer($0.range), "rngsubtype": .integer($0.element), "rngmultitypid": .integer($0.several), "rngcollation": .integer($0.collation), "rngsubopc": .integer($0.order),
                "rngcanonical": .integer($0.canonical), "rngsubdiff": .integer($0.difference),
            ]
        }
    }()

    private static let types: [Row] = SystemType.all.map { type in
        [
            "oid": .integer(type.number), "typname": .string(type.name), "typnamespace": .integer(11), "typowner": .integer(SystemNumber.owner), "typlen": .integer(type.length),
            "typbyval": .boolean(type.isByValue), "typtype": .string(type.kind), "typcategory": .string(type.category), "typispreferred": .boolean(type.isPreferred),
            "typisdefined": .boolean(true), "typdelim": .string(type.delimiter), "typelem": .integer(type.element), "typarray": .integer(type.array),
            "typinput": procedure(type.functions[0]), "typoutput": procedure(type.functions[1]), "typreceive": procedure(type.functions[2]), "typsend": procedure(type.functions[3]),
            "typalign": .string(type.align), "typstorage": .string(type.storage), "typtypmod": .integer(-1), "typcollation": .integer(type.collation),
        ]
    }

    private static let accessMethods: [Row] = [
        ["oid": .integer(2), "amname": .string("heap"), "amtype": .string("t"), "amhandler": procedure("heap_tableam_handler")],
        ["oid": .integer(403), "amname": .string("btree"), "amtype": .string("i"), "amhandler": procedure("bthandler")],
    ]

    private static func procedure(_ name: String) -> Value { .integer(SystemProcedure.number(named: name) ?? 0) }

    private static let procedures: [Row] = SystemProcedure.all.map { procedure in
        [
            "oid": .integer(procedure.number), "proname": .string(procedure.name), "pronamespace": .integer(11), "proowner": .integer(SystemNumber.owner), "prolang": .integer(12),
            "procost": .double(1), "prokind": .string(procedure.kind), "proisstrict": .boolean(procedure.isStrict), "proretset": .boolean(procedure.givesRows), "provolatile": .string(procedure.volatility), "proparallel": .string("s"),
            "pronargs": .integer(Int64(procedure.arguments.count)), "prorettype": .integer(procedure.result), "proargtypes": .list(procedure.arguments.map { .integer($0) }),
            "prosrc": .string(procedure.name),
        ]
    }

    /// Of the keys of tables, which are texts: what `pg_index.indclass` names.
    private static let orderClasses: [Row] = [[
        "oid": .integer(3_126), "opcmethod": .integer(403), "opcname": .string("text_ops"), "opcnamespace": .integer(11), "opcowner": .integer(SystemNumber.owner), "opcfamily": .integer(1_994), "opcintype": .integer(25),
        "opcdefault": .boolean(true),
    ]]
    private static let orderFamilies: [Row] = [["oid": .integer(1_994), "opfmethod": .integer(403), "opfname": .string("text_ops"), "opfnamespace": .integer(11), "opfowner": .integer(SystemNumber.owner)]]

    private static let languages: [Row] = [["oid": .integer(12), "lanname": .string("internal"), "lanowner": .integer(SystemNumber.owner)]]

    static let collationNames: [(number: Int64, name: String, provider: String)] = [(100, "default", "d"), (950, "C", "c"), (951, "POSIX", "c")]
    private static let collations: [Row] = collationNames.map { number, name, provider in
        [
            "oid": .integer(number), "collname": .string(name), "collnamespace": .integer(11), "collowner": .integer(SystemNumber.owner), "collprovider": .string(provider),
            "collisdeterministic": .boolean(true), "collencoding": .integer(-1),
        ]
    }

    /// Others' sessions are nobody's business.
    private var activity: Row {
        session.holdings?.see()
        let now = CalendarText.now
        return [
            "datid": .integer(Self.database), "datname": .string(session.database), "pid": .integer(Int64(session.processID)), "usesysid": .integer(SystemNumber.asker),
            "usename": .string(session.user), "application_name": .string(session.settings?["application_name"] ?? ""), "state": .string("active"), "backend_type": .string("client backend"),
            "query": session.asked.map { .string(Self.clipped($0)) } ?? .null, "query_start": .integer(now), "state_change": .integer(now),
            "backend_start": .integer(session.beganAt), "xact_start": .integer(now),
        ]
    }

    /// As much of it as PostgreSQL keeps there (`track_activity_query_size`), in whole characters.
    private static func clipped(_ text: String) -> String {
        var byteCount = 0
        let kept = text.unicodeScalars.prefix { scalar in
            byteCount += UTF8.width(scalar)
            return byteCount < 1_024
        }
        return String(String.UnicodeScalarView(kept))
    }

    /// What the session has prepared, by SQL and by the protocol; the unnamed one is none of them.
    private var preparedStatements: [Row] {
        session.holdings?.see()
        return (session.holdings?.statements ?? [:]).filter { !$0.key.isEmpty }.map { name, statement in
            [
                "name": .string(name), "statement": .string(statement.said ?? statement.text), "prepare_time": .integer(statement.preparedAt),
                "parameter_types": .list(statement.shape.parameterTypes.map { .integer(Int64($0)) }), "from_sql": .boolean(statement.said != nil),
            ]
        }
    }

    /// What DECLARE and Bind have opened: the unnamed portal too, as in PostgreSQL.
    private var cursors: [Row] {
        session.holdings?.see()
        return (session.holdings?.portals ?? [:]).map { name, portal in
            [
                "name": .string(name), "statement": .string(portal.said), "is_holdable": .boolean(portal.isHeld), "is_binary": .boolean(portal.isBinary),
                "is_scrollable": .boolean(portal.isScrollable), "creation_time": .integer(portal.openedAt),
            ]
        }
    }

    private var databaseRow: Row {
        [
            "oid": .integer(Self.database), "datname": .string(session.database), "datdba": .integer(SystemNumber.owner), "encoding": .integer(6), "datlocprovider": .string("c"),
            "datallowconn": .boolean(true), "datconnlimit": .integer(-1), "dattablespace": .integer(1_663), "datcollate": .string("C"), "datctype": .string("C.UTF-8"),
            "datfrozenxid": .integer(Self.oldestTransaction), "datminmxid": .integer(1),
        ]
    }

    private var roles: [Row] {
        func role(_ number: Int64, _ name: String, isOwner: Bool) -> Row {
            [
                "oid": .integer(number), "rolname": .string(name), "usename": .string(name), "usesysid": .integer(number), "rolsuper": .boolean(isOwner), "usesuper": .boolean(isOwner),
                "rolinherit": .boolean(true), "rolcanlogin": .boolean(!isOwner), "rolconnlimit": .integer(-1),
            ]
        }
        return [role(SystemNumber.owner, Self.owner, isOwner: true)] + (session.user == Self.owner ? [] : [role(SystemNumber.asker, session.user, isOwner: false)])
    }

    private func setting(_ setting: (name: String, value: String)) -> Row {
        let known = SystemSetting(setting.name, setting.value)
        let builtIn = SessionSettings.builtIn(setting.name.lowercased()).map { SystemSetting(setting.name, $0).value }
        let reset = session.settings?.resetValue(setting.name.lowercased()).map { SystemSetting(setting.name, $0).value } ?? builtIn
        let builtInValue: Value = builtIn.map { .string($0) } ?? .null, resetValue: Value = reset.map { .string($0) } ?? .null
        let isFixed = SessionSettings.isFixed(setting.name.lowercased())
        let text = SettingTexts.text(setting.name)
        let bounds = SettingValues.bounds(setting.name.lowercased())
        let least: Value = bounds.least.map { .string($0) } ?? .null, greatest: Value = bounds.greatest.map { .string($0) } ?? .null
        let words: Value = bounds.words.map { .list($0.map { .string($0) }) } ?? .null
        // Of what is as the session began with it the client has said whatever is not built in.
        let source = builtIn == known.value ? "default" : isFixed ? "configuration file" : reset == known.value ? "client" : "session"
        return [
            "name": .string(setting.name), "setting": .string(known.value), "unit": known.unit.map { .string($0) } ?? .null, "vartype": .string(known.type),
            "context": .string(isFixed ? "internal" : "user"), "source": .string(source),
            "boot_val": builtInValue, "reset_val": resetValue, "category": .string(text?.category ?? "Customized Options"), "short_desc": text.map { .string($0.description) } ?? .null,
            "min_val": least, "max_val": greatest, "enumvals": words,
        ]
    }
}
