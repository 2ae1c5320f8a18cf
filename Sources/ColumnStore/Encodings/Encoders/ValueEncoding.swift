/// The encodings of values that are known here. A new one takes its decoder, its encoder, and its case: nothing else asks which one it is.
///
/// Raw values are those of `PageEncoding`, on disk: do not renumber. The writer tries them in the order of the cases, and a later one must be worth
/// its decoding: of strings the one with the lengths apart is the quickest to read, one copy.
enum ValueEncoding: Int32, CaseIterable {
    case deltaLengthByteArray = 6
    case plain = 0
    case rle = 3
    case deltaBinaryPacked = 5
    case deltaByteArray = 7
    case byteStreamSplit = 9
    case rleDictionary = 8
    /// `rleDictionary` by its old name; read alone.
    case plainDictionary = 2

    /// The one place where an encoding meets its types. A switch, so that a new case does not compile without both.
    private var coding: (decoder: any PageValueDecoder.Type, encoder: any PageValueEncoder.Type) {
        switch self {
        case .deltaLengthByteArray: (DeltaLengthDecoder.self, DeltaLengthEncoder.self)
        case .plain: (PlainDecoder.self, PlainEncoder.self)
        case .rle: (RunLengthBooleanDecoder.self, RunLengthBooleanEncoder.self)
        case .deltaBinaryPacked: (DeltaBinaryPackedDecoder.self, DeltaBinaryPackedEncoder.self)
        case .deltaByteArray: (DeltaByteArrayDecoder.self, DeltaByteArrayEncoder.self)
        case .byteStreamSplit: (ByteStreamSplitDecoder.self, ByteStreamSplitEncoder.self)
        case .rleDictionary, .plainDictionary: (DictionaryCodeDecoder.self, DictionaryCodeEncoder.self)
        }
    }

    var pageEncoding: PageEncoding { PageEncoding(rawValue: rawValue) }
    var encoder: any PageValueEncoder.Type { coding.encoder }

    /// Begins to take the values of a page.
    ///
    /// - Throws: `.unsupported` for an encoding that is not known, or not for the page's type.
    static func decoder(_ encoding: PageEncoding, of page: PageValueSource) throws(PageError) -> any PageValueDecoder {
        guard let known = ValueEncoding(rawValue: encoding.rawValue), known.coding.decoder.types.contains(page.type) else {
            throw .unsupported("this encoding of this type")
        }
        if !known.coding.decoder.growsAlong { try page.frame?.requireAll() }
        return try known.coding.decoder.init(page)
    }

    /// What the writer may take for values of a type, but for a dictionary: the quickest to read first.
    ///
    /// Never empty: PLAIN is for every type.
    static func candidates(for type: PhysicalType) -> [ValueEncoding] {
        allCases.filter { !$0.pageEncoding.isDictionary && $0.encoder.types.contains(type) }
    }
}
