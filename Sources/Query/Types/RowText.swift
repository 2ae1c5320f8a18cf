import ColumnStore

/// PostgreSQL's text form of a row: `(1,"a b",)`; nothing stands for NULL.
enum RowText {
    static func texts(of column: Column, zone: TimeZoneRules, forms: ValueForms, _ meter: WorkMeter) throws(KernelError) -> Column {
        let flat = column.flattened()
        guard case .structure(let members) = flat.values else { throw .invalidText("a row") }
        try meter.charge(column.flatByteCountBound.multipliedSaturating(by: 4))
        var fields: [(rows: TextRows, validity: Bitmap?, isTruth: Bool)] = []
        for member in members {
            let text = try CastKernels.cast(member, to: .string, zone: zone, forms: forms, meter).flattened()
            fields.append((TextRows(text), text.rowValidity, member.type == .boolean))
        }
        return try TextKernels.build(count: flat.count, validity: flat.rowValidity, meter) { (row, builder) throws(KernelError) in
            try builder.append(UInt8(ascii: "("))
            for (index, field) in fields.enumerated() {
                if index > 0 { try builder.append(UInt8(ascii: ",")) }
                guard field.validity?[row] ?? true else { continue }
                // A truth value is one letter in a row.
                try append(field.isTruth ? field.rows[row].prefix(1) : field.rows[row], to: &builder)
            }
            try builder.append(UInt8(ascii: ")"))
        }
    }

    /// In quotes where it could be read as something else.
    private static func append(_ text: ArraySlice<UInt8>, to builder: inout TextBuilder) throws(KernelError) {
        let needsQuotes = text.isEmpty || text.contains { $0 == 0x20 || (0x09...0x0D).contains($0) || "(),\"\\".utf8.contains($0) }
        guard needsQuotes else { return try builder.append(text) }
        try builder.append(UInt8(ascii: "\""))
        for byte in text {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { try builder.append(byte) }
            try builder.append(byte)
        }
        try builder.append(UInt8(ascii: "\""))
    }
}
