import ColumnStore

/// set_config(name, value, is_local) of doors that have sessions: as SET, from within a query.
extension ScalarFunction {
    static let setConfig = ScalarFunction(
        "set_config", nulls: .taken, cost: .heavy, failure: .possible, traits: Traits(isVolatile: true),
        kernel: .plain { (call) throws(KernelError) in
            let columns = call.columns.map { $0.isConstantNull ? .constant(.null, type: .string, count: call.count) : $0.flattened() }
            func text(_ place: Int, _ row: Int) -> String? {
                if case .bytes(let bytes) = columns[place].value(at: row) { String(decoding: bytes, as: UTF8.self) } else { nil }
            }
            return try TextKernels.build(count: call.count, validity: nil, call.meter) { (row, result) throws(KernelError) in
                guard let name = text(0, row) else { throw .outside(.nullName, "a setting has a name") }
                guard let session = call.context.session else { throw .outside(.badValue, "there is no session whose setting could change") }
                let shown: String
                do throws(QueryError) { shown = try session.set(name, text(1, row), isLocal: columns[2].value(at: row) == .boolean(true)) } catch { throw .interrupted(error) }
                try result.append(Array(shown.utf8))
            }
        })
}
