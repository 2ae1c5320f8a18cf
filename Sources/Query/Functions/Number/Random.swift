import ColumnStore

/// Numbers by chance: another one for each row. No pass computes them before there are rows, keeps them, or computes them twice.
/// PostgreSQL 15's documentation, section 9.3, and 9.14 of UUIDs.
extension SQLFunction {
    static let random = SQLFunction("random", summary: "a DOUBLE from 0 up to 1, another one for each row", forms: [[]], volatility: .volatile) { (call, _) throws(QueryError) in
        try call.count(0...0)
        return call.make(.random, [], .double)
    }
    /// Of the session: what random() gives behind it is the same each time.
    static let setSeed = SQLFunction(
        "setseed", summary: "what `random` goes on from, as in PostgreSQL 15: the same numbers come behind the same seed",
        forms: [[.double]], volatility: .volatile
    ) { (call, typing) throws(QueryError) in
        call.make(.setSeed, try call.typed([.double], typing), .string)
    }
    static let randomUUID = SQLFunction(
        "gen_random_uuid", summary: "a UUID of version 4, another one for each row",
        forms: [[]], volatility: .volatile
    ) { (call, _) throws(QueryError) in
        try call.count(0...0)
        return call.make(.randomUUID, [], .uuid)
    }
}

extension ScalarFunction {
    static let random = ScalarFunction(
        "random", nulls: .taken, cost: .light, failure: .never, traits: Traits(isVolatile: true),
        kernel: .plain { (call) throws(KernelError) in
            Column(type: .double, count: call.count, validity: nil, values: .double(call.context.random.draw(call.count)))
        })

    /// PostgreSQL's gives VOID, whose text is empty.
    static let setSeed = ScalarFunction(
        "setseed", nulls: .strict, cost: .heavy, failure: .possible, traits: Traits(isVolatile: true),
        kernel: .plain { (call) throws(KernelError) in
            let seeds = call[0].doubles(), validity = call[0].rowValidity
            for row in 0..<call.count where validity?[row] ?? true {
                guard (-1...1).contains(seeds[row]) else { throw .outside(.badValue, "setseed takes a number from -1 to 1") }
                call.context.random.seed(seeds[row])
            }
            return try TextKernels.build(count: call.count, validity: validity, call.meter) { (_, _) throws(KernelError) in }
        })

    /// 122 bits of the system's chance, with the marks of version 4.
    static let randomUUID = ScalarFunction(
        "gen_random_uuid", nulls: .taken, cost: .heavy, failure: .never, traits: Traits(isVolatile: true),
        kernel: .plain { (call) throws(KernelError) in
            var system = SystemRandomNumberGenerator()
            return try TextKernels.build(count: call.count, validity: nil, type: .uuid, call.meter) { (_, text) throws(KernelError) in
                // The version is the thirteenth hexadecimal digit, the variant the two highest bits of the seventeenth (RFC 9562, section 5.4).
                let high = system.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
                let low = system.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
                for word in [high, low] { try text.append(withUnsafeBytes(of: word.bigEndian) { Array($0) }) }
            }
        })
}
