internal import ColumnStore
internal import Query

/// Relations that no catalog shows: functions of the catalogs ask them, and cost little to fill.
enum SystemLookups {
    /// - Throws: what the catalog throws.
    static func table(named name: String, _ catalog: any QueryCatalog, _ session: SystemSession) throws -> MemoryTable? {
        switch name {
        case "till_type_names": typeNames(catalog)
        case "till_relations": relations(catalog)
        case "till_names": try names(catalog, session)
        case "till_settings": settings(session)
        case "till_asked": asked(session)
        case "till_views": try views(catalog)
        default: nil
        }
    }

    private static func table(_ fields: [Field], _ rows: [[Value]]) -> MemoryTable { MemoryTable(schema: Schema(fields), batches: [batch(fields, rows)]) }

    private static func batch(_ fields: [Field], _ rows: [[Value]]) -> ColumnBatch {
        var builders = fields.map { ColumnBuilder(type: $0.type) }
        for row in rows { for index in builders.indices { builders[index].append(row[index]) } }
        return ColumnBatch(rowCount: rows.count, columns: builders.indices.map { builders[$0].finish() })
    }

    /// How SQL writes each type: `format_type` asks it. Tables' rows are there by names that no other type has, since a name is looked up here as well.
    private static func typeNames(_ catalog: any QueryCatalog) -> MemoryTable {
        let names = catalog.entryNames.filter { !typesShown.contains($0) && SystemType.byName[$0] == nil && SystemType.byName["_" + $0] == nil }
        let own = batch(typeFields, names.flatMap { name -> [[Value]] in
            let shown = SystemCatalog.quoted(name)
            return [
                [.integer(SystemNumber.rowType(of: name, inSchema: nil)), .string(name), .string(shown)], [.integer(SystemNumber.rowList(of: name, inSchema: nil)), .string("_" + name), .string(shown + "[]")],
            ]
        })
        return MemoryTable(schema: Schema(typeFields), batches: names.isEmpty ? [systemTypes] : [systemTypes, own])
    }

    private static let typeFields = [Field("oid", .int64), Field("typname", .string), Field("shown", .string)]
    private static let typesShown = Set(SystemType.all.map(\.shown))
    private static let systemTypes = batch(typeFields, SystemType.all.map { [.integer($0.number), .string($0.name), .string($0.shown)] })

    /// The numbers of `pg_class`, by names alone: no view is bound for them. Those of indexes are there for each name.
    private static func relations(_ catalog: any QueryCatalog) -> MemoryTable {
        var numbers = SystemRelation.all.map(\.number) + InformationSchema.all.map(\.number)
        for name in catalog.entryNames { numbers += [SystemNumber.relation(name), SystemNumber.index(of: name)] }
        for schema in catalog.schemas { numbers += schema.entryNames.map { SystemNumber.relation($0, inSchema: schema.name) } }
        return table([Field("oid", .int64)], Set(numbers).sorted().map { [.integer($0)] })
    }

    /// What relations are called, without the quotes that a name may have: `receipts`, `public.receipts`, `till.public.receipts`. A name that a row says is looked up by it, so that
    /// many names are one join; each stands here once.
    private static func names(_ catalog: any QueryCatalog, _ session: SystemSession) throws -> MemoryTable {
        var numbers: [String: Int64] = [:]
        func add(_ name: String, _ number: Int64, in schema: String, isVisible: Bool) {
            for said in ["\(session.database).\(schema).\(name)", "\(schema).\(name)"] + (isVisible ? [name] : []) {
                let key = said.replacing("\"", with: "")
                if numbers[key] == nil { numbers[key] = number }
            }
        }
        for name in catalog.entryNames {
            add(name, SystemNumber.relation(name), in: "public", isVisible: session.path.hasTables)
            guard case .table(let source, _)? = try catalog.entry(named: name), SystemRows.hasKey(name, source.schema.fields) else { continue }
            add("\(name)_pkey", SystemNumber.index(of: name), in: "public", isVisible: session.path.hasTables)
        }
        for relation in SystemRelation.all { add(relation.name, relation.number, in: "pg_catalog", isVisible: true) }
        for relation in InformationSchema.all { add(relation.name, relation.number, in: "information_schema", isVisible: false) }
        for schema in catalog.schemas {
            for name in schema.entryNames { add(name, SystemNumber.relation(name, inSchema: schema.name), in: schema.name, isVisible: false) }
        }
        return table([Field("name", .string), Field("oid", .int64)], numbers.sorted { $0.key < $1.key }.map { [.string($0.key), .integer($0.value)] })
    }

    /// The texts of views, none of which is bound for them: `pg_get_viewdef` asks it. What no text stands for is not there.
    private static func views(_ catalog: any QueryCatalog) throws -> MemoryTable {
        var rows: [[Value]] = []
        func add(_ entry: CatalogEntry?, _ name: String, _ schema: String?) {
            let query: String? = if case .view(let query)? = entry { query } else { nil }
            guard entry != nil, let text = ViewDefinition.text(ofView: name, query, inSchema: schema, in: catalog), let number = SystemNumber.relation(name, ofSchema: schema) else { return }
            rows.append([.integer(number), .string(text)])
        }
        for name in catalog.entryNames { add(try catalog.entry(named: name), name, nil) }
        for schema in catalog.schemas {
            for name in schema.entryNames { add(try catalog.entry(named: name, inSchema: schema.name), name, schema.name) }
        }
        return table([Field("oid", .int64), Field("definition", .string)], rows)
    }

    /// What the session was asked: `current_query` asks it.
    private static func asked(_ session: SystemSession) -> MemoryTable {
        session.holdings?.see()
        return table([Field("query", .string)], [[session.asked.map { .string($0) } ?? .null]])
    }

    /// As SHOW has them, by names in lower case.
    private static func settings(_ session: SystemSession) -> MemoryTable {
        table([Field("name", .string), Field("setting", .string)], (session.settings?.all ?? []).map { [.string($0.name.lowercased()), .string($0.value)] })
    }
}
