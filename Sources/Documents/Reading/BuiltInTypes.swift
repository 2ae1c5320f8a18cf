// Made by script/embed-types from types/*.json: change those, then run it.

/// The document types that every store knows from the start, as their files say.
package enum BuiltInTypes {
    package static let files: [(name: String, json: String)] = [
        ("arts-poslog", ####"""
{
  "name": "arts-poslog",
  "version": 2,
  "table": "receipts",
  "format": "xml",
  "match": {"//*[local-name()='POSLog']/*[local-name()='Transaction']": {"exists": true}},
  "each": {
    "path": "//*[local-name()='POSLog']/*[local-name()='Transaction'][not(@TrainingModeFlag='true' or @TrainingModeFlag='1' or @CancelFlag='true' or @CancelFlag='1')][not(*[local-name()='RetailTransaction'][@TransactionStatus='Suspended' or @TransactionStatus='Canceled' or @TransactionStatus='Cancelled' or @TransactionStatus='Voided' or @TransactionStatus='Failed'])]",
    "where": {"*[local-name()='RetailTransaction']": {"exists": true}}
  },
  "receipt_id": {
    "from": [
      "*[local-name()='TransactionID']",
      ["*[local-name()='RetailStoreID'] | *[local-name()='BusinessUnit']/*[local-name()='UnitID'][not(@TypeCode) or @TypeCode='RetailStore']", "*[local-name()='WorkstationID']", "*[local-name()='SequenceNumber']"]
    ]
  },
  "issued_at": {
    "from": [
      "*[local-name()='BeginDateTime']", "*[local-name()='POSLogDateTime'][@TypeCode='Transaction']",
      "*[local-name()='POSLogDateTime'][not(@TypeCode)]", "*[local-name()='EndDateTime']", "*[local-name()='ReceiptDateTime']",
      "*[local-name()='RetailTransaction']/*[local-name()='ReceiptDateTime']"
    ]
  },
  "time_zone": {
    "path": "*[local-name()='CurrencyCode'] | *[local-name()='RetailTransaction']/*[local-name()='Total']/@CurrencyCode",
    "map": {
      "SEK": "Europe/Stockholm", "NOK": "Europe/Oslo", "DKK": "Europe/Copenhagen", "ISK": "Atlantic/Reykjavik",
      "GBP": "Europe/London", "CHF": "Europe/Zurich", "PLN": "Europe/Warsaw", "CZK": "Europe/Prague", "HUF": "Europe/Budapest",
      "RON": "Europe/Bucharest", "BGN": "Europe/Sofia", "RSD": "Europe/Belgrade", "UAH": "Europe/Kyiv", "TRY": "Europe/Istanbul",
      "ILS": "Asia/Jerusalem", "AED": "Asia/Dubai", "SAR": "Asia/Riyadh", "INR": "Asia/Kolkata", "CNY": "Asia/Shanghai",
      "HKD": "Asia/Hong_Kong", "SGD": "Asia/Singapore", "JPY": "Asia/Tokyo", "KRW": "Asia/Seoul", "ZAR": "Africa/Johannesburg",
      "EGP": "Africa/Cairo", "COP": "America/Bogota", "PEN": "America/Lima"
    }
  },
  "business_day": {"path": "*[local-name()='BusinessDayDate']", "optional": true},
  "columns": {
    "store_id": {
      "path": "*[local-name()='RetailStoreID'] | *[local-name()='BusinessUnit']/*[local-name()='UnitID'][not(@TypeCode) or @TypeCode='RetailStore']",
      "type": "VARCHAR"
    },
    "till_id": {"path": "*[local-name()='WorkstationID']", "type": "VARCHAR"},
    "customer_id": {
      "from": [
        "*[local-name()='RetailTransaction']/*[local-name()='Customer']/*[local-name()='CustomerID']",
        "*[local-name()='RetailTransaction']/*[local-name()='LoyaltyAccount']/*[local-name()='CustomerID']",
        ".//*[local-name()='LoyaltyID']"
      ],
      "type": "VARCHAR",
      "bloom": true
    },
    "document_kind": {"path": "@TypeCode", "type": "VARCHAR"},
    "currency": {
      "from": [
        "*[local-name()='CurrencyCode']", "*[local-name()='RetailTransaction']/*[local-name()='Total']/@CurrencyCode",
        "*[local-name()='RetailTransaction']/*[local-name()='LineItem']/*[local-name()='Tender']/*[local-name()='Amount']/@Currency"
      ],
      "type": "VARCHAR"
    },
    "grand_total": {"path": "*[local-name()='RetailTransaction']/*[local-name()='Total'][@TotalType='TransactionGrandAmount']", "type": "DECIMAL(18,4)", "stored": false},
    "rated_total": {
      "sum": "*[local-name()='RetailTransaction']/*[local-name()='Total'][contains(@TotalType,'TransactionVatRateAmount')]",
      "type": "DECIMAL(18,4)",
      "stored": false
    },
    "net_total": {"path": "*[local-name()='RetailTransaction']/*[local-name()='Total'][@TotalType='TransactionNetAmount']", "type": "DECIMAL(18,4)", "stored": false},
    "gross_total": {"path": "*[local-name()='RetailTransaction']/*[local-name()='Total'][@TotalType='TransactionGrossAmount']", "type": "DECIMAL(18,4)", "stored": false},
    "total": {"expression": "coalesce(grand_total, rated_total, net_total + coalesce(tax_total, 0), gross_total)", "type": "DECIMAL(18,4)"},
    "tax_total": {"path": "*[local-name()='RetailTransaction']/*[local-name()='Total'][@TotalType='TransactionTaxAmount']", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "total < 0", "type": "BOOLEAN"},
    "payment_type": {
      "from": [
        "*[local-name()='RetailTransaction']/*[local-name()='LineItem']/*[local-name()='Tender']/@TenderType",
        "*[local-name()='RetailTransaction']/*[local-name()='LineItem']/*[local-name()='Tender']/*[local-name()='TenderID']/@TenderType"
      ],
      "type": "VARCHAR"
    },
    "lines": {"path": "*[local-name()='RetailTransaction']/*[local-name()='LineItem'][not(@VoidFlag='true' or @VoidFlag='1' or @CancelFlag='true' or @CancelFlag='1' or @DeleteFlag='true' or @DeleteFlag='1')]/*[local-name()='Sale' or local-name()='Return']", "columns": {
      "product_code": {"from": ["*[local-name()='ItemID']", "*[local-name()='POSIdentity']/*[local-name()='POSItemID']"], "type": "VARCHAR", "bloom": true},
      "name": {"from": ["*[local-name()='Description']", "*[local-name()='ItemID']/@Name"], "type": "VARCHAR"},
      "category": {"from": ["*[local-name()='MerchandiseHierarchy']", "*[local-name()='ProductGroup']"], "type": "VARCHAR"},
      "quantity": {"path": "*[local-name()='Quantity']", "type": "DECIMAL(18,6)"},
      "exact_price": {
        "from": [
          "*[local-name()='ActualSalesUnitPrice']", "*[local-name()='RegularSalesUnitPrice']", "*[local-name()='SuggestedPrice']"
        ],
        "type": "DECIMAL(38,12)",
        "stored": false
      },
      "unit_price": {"expression": "exact_price", "type": "DECIMAL(18,6)"},
      "vat_rate": {"path": "*[local-name()='Tax']/*[local-name()='Percent']", "type": "DECIMAL(9,4)"},
      "amount": {"path": "*[local-name()='ExtendedAmount']", "type": "DECIMAL(18,4)"},
      "returned": {"path": "self::*[local-name()='Return']", "type": "VARCHAR", "stored": false},
      "is_return": {"expression": "returned is not null", "type": "BOOLEAN"}
    }}
  },
  "rules": [
    {"name": "has-total", "check": "total is not null", "message": "the transaction has no Total of a known TotalType"}
  ]
}
"""####),
        ("br-nfce-batch", ####"""
{
  "name": "br-nfce-batch",
  "version": 1,
  "table": "receipts",
  "format": "xml",
  "priority": 10,
  "match": {"//*[local-name()='enviNFe']/*[local-name()='NFe']/*[local-name()='infNFe']/*[local-name()='ide']/*[local-name()='mod']": "65"},
  "each": "//*[local-name()='enviNFe']/*[local-name()='NFe']/*[local-name()='infNFe']",
  "receipt_id": "@Id",
  "issued_at": {"from": ["*[local-name()='ide']/*[local-name()='dhEmi']", "*[local-name()='ide']/*[local-name()='dEmi']"]},
  "time_zone": {
    "path": "*[local-name()='emit']/*[local-name()='enderEmit']/*[local-name()='UF']",
    "map": {
      "AC": "America/Rio_Branco", "AM": "America/Manaus", "RO": "America/Porto_Velho", "RR": "America/Boa_Vista",
      "MT": "America/Cuiaba", "MS": "America/Campo_Grande", "PA": "America/Belem", "AP": "America/Belem",
      "MA": "America/Fortaleza", "PI": "America/Fortaleza", "CE": "America/Fortaleza", "RN": "America/Fortaleza",
      "PB": "America/Fortaleza", "PE": "America/Recife", "AL": "America/Maceio", "SE": "America/Maceio", "BA": "America/Bahia",
      "TO": "America/Araguaina"
    },
    "default": "America/Sao_Paulo"
  },
  "columns": {
    "store_id": {"from": ["*[local-name()='emit']/*[local-name()='CNPJ']", "*[local-name()='emit']/*[local-name()='CPF']"], "type": "VARCHAR"},
    "till_id": {"path": "*[local-name()='ide']/*[local-name()='serie']", "type": "VARCHAR"},
    "seller_tax_id": {"from": ["*[local-name()='emit']/*[local-name()='CNPJ']", "*[local-name()='emit']/*[local-name()='CPF']"], "type": "VARCHAR"},
    "customer_id": {
      "from": [
        "*[local-name()='dest']/*[local-name()='CPF']", "*[local-name()='dest']/*[local-name()='CNPJ']",
        "*[local-name()='dest']/*[local-name()='idEstrangeiro']"
      ],
      "type": "VARCHAR",
      "bloom": true
    },
    "buyer_tax_id": {"from": ["*[local-name()='dest']/*[local-name()='CPF']", "*[local-name()='dest']/*[local-name()='CNPJ']"], "type": "VARCHAR"},
    "purpose": {"path": "*[local-name()='ide']/*[local-name()='finNFe']", "type": "VARCHAR", "stored": false},
    "direction": {"path": "*[local-name()='ide']/*[local-name()='tpNF']", "type": "VARCHAR", "stored": false},
    "document_kind": {"path": "*[local-name()='ide']/*[local-name()='mod']", "type": "VARCHAR"},
    "currency": {"expression": "'BRL'", "type": "VARCHAR"},
    "total": {"path": "*[local-name()='total']/*[local-name()='ICMSTot']/*[local-name()='vNF']", "type": "DECIMAL(18,4)", "required": true},
    "tax_total": {"path": "*[local-name()='total']/*[local-name()='ICMSTot']/*[local-name()='vTotTrib']", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "coalesce(purpose = '4' or direction = '0', false)", "type": "BOOLEAN"},
    "payment_type": {"from": ["*[local-name()='pag']/*[local-name()='detPag']/*[local-name()='tPag']", "*[local-name()='pag']/*[local-name()='tPag']"], "type": "VARCHAR"},
    "lines": {"path": "*[local-name()='det']", "columns": {
      "product_code": {"path": "*[local-name()='prod']/*[local-name()='cProd']", "type": "VARCHAR", "bloom": true},
      "name": {"path": "*[local-name()='prod']/*[local-name()='xProd']", "type": "VARCHAR"},
      "category": {"path": "*[local-name()='prod']/*[local-name()='NCM']", "type": "VARCHAR"},
      "quantity": {"path": "*[local-name()='prod']/*[local-name()='qCom']", "type": "DECIMAL(18,6)"},
      "exact_price": {"path": "*[local-name()='prod']/*[local-name()='vUnCom']", "type": "DECIMAL(38,12)", "stored": false},
      "unit_price": {"expression": "exact_price", "type": "DECIMAL(18,6)"},
      "vat_rate": {"path": "*[local-name()='imposto']/*[local-name()='ICMS']/*/*[local-name()='pICMS']", "type": "DECIMAL(9,4)"},
      "amount": {"path": "*[local-name()='prod']/*[local-name()='vProd']", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("br-nfce", ####"""
{
  "name": "br-nfce",
  "version": 1,
  "table": "receipts",
  "format": "xml",
  "match": {"//*[local-name()='infNFe']/*[local-name()='ide']/*[local-name()='mod']": "65"},
  "receipt_id": "//*[local-name()='infNFe']/@Id",
  "issued_at": {
    "from": [
      "//*[local-name()='infNFe']/*[local-name()='ide']/*[local-name()='dhEmi']",
      "//*[local-name()='infNFe']/*[local-name()='ide']/*[local-name()='dEmi']"
    ]
  },
  "time_zone": {
    "path": "//*[local-name()='infNFe']/*[local-name()='emit']/*[local-name()='enderEmit']/*[local-name()='UF']",
    "map": {
      "AC": "America/Rio_Branco", "AM": "America/Manaus", "RO": "America/Porto_Velho", "RR": "America/Boa_Vista",
      "MT": "America/Cuiaba", "MS": "America/Campo_Grande", "PA": "America/Belem", "AP": "America/Belem",
      "MA": "America/Fortaleza", "PI": "America/Fortaleza", "CE": "America/Fortaleza", "RN": "America/Fortaleza",
      "PB": "America/Fortaleza", "PE": "America/Recife", "AL": "America/Maceio", "SE": "America/Maceio", "BA": "America/Bahia",
      "TO": "America/Araguaina"
    },
    "default": "America/Sao_Paulo"
  },
  "columns": {
    "store_id": {
      "from": [
        "//*[local-name()='infNFe']/*[local-name()='emit']/*[local-name()='CNPJ']",
        "//*[local-name()='infNFe']/*[local-name()='emit']/*[local-name()='CPF']"
      ],
      "type": "VARCHAR"
    },
    "till_id": {"path": "//*[local-name()='infNFe']/*[local-name()='ide']/*[local-name()='serie']", "type": "VARCHAR"},
    "seller_tax_id": {
      "from": [
        "//*[local-name()='infNFe']/*[local-name()='emit']/*[local-name()='CNPJ']",
        "//*[local-name()='infNFe']/*[local-name()='emit']/*[local-name()='CPF']"
      ],
      "type": "VARCHAR"
    },
    "customer_id": {
      "from": [
        "//*[local-name()='infNFe']/*[local-name()='dest']/*[local-name()='CPF']",
        "//*[local-name()='infNFe']/*[local-name()='dest']/*[local-name()='CNPJ']",
        "//*[local-name()='infNFe']/*[local-name()='dest']/*[local-name()='idEstrangeiro']"
      ],
      "type": "VARCHAR",
      "bloom": true
    },
    "buyer_tax_id": {
      "from": [
        "//*[local-name()='infNFe']/*[local-name()='dest']/*[local-name()='CPF']",
        "//*[local-name()='infNFe']/*[local-name()='dest']/*[local-name()='CNPJ']"
      ],
      "type": "VARCHAR"
    },
    "purpose": {"path": "//*[local-name()='infNFe']/*[local-name()='ide']/*[local-name()='finNFe']", "type": "VARCHAR", "stored": false},
    "direction": {"path": "//*[local-name()='infNFe']/*[local-name()='ide']/*[local-name()='tpNF']", "type": "VARCHAR", "stored": false},
    "document_kind": {"path": "//*[local-name()='infNFe']/*[local-name()='ide']/*[local-name()='mod']", "type": "VARCHAR"},
    "currency": {"expression": "'BRL'", "type": "VARCHAR"},
    "total": {
      "path": "//*[local-name()='infNFe']/*[local-name()='total']/*[local-name()='ICMSTot']/*[local-name()='vNF']",
      "type": "DECIMAL(18,4)",
      "required": true
    },
    "tax_total": {"path": "//*[local-name()='infNFe']/*[local-name()='total']/*[local-name()='ICMSTot']/*[local-name()='vTotTrib']", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "coalesce(purpose = '4' or direction = '0', false)", "type": "BOOLEAN"},
    "payment_type": {
      "from": [
        "//*[local-name()='infNFe']/*[local-name()='pag']/*[local-name()='detPag']/*[local-name()='tPag']",
        "//*[local-name()='infNFe']/*[local-name()='pag']/*[local-name()='tPag']"
      ],
      "type": "VARCHAR"
    },
    "lines": {"path": "//*[local-name()='infNFe']/*[local-name()='det']", "columns": {
      "product_code": {"path": "*[local-name()='prod']/*[local-name()='cProd']", "type": "VARCHAR", "bloom": true},
      "name": {"path": "*[local-name()='prod']/*[local-name()='xProd']", "type": "VARCHAR"},
      "category": {"path": "*[local-name()='prod']/*[local-name()='NCM']", "type": "VARCHAR"},
      "quantity": {"path": "*[local-name()='prod']/*[local-name()='qCom']", "type": "DECIMAL(18,6)"},
      "exact_price": {"path": "*[local-name()='prod']/*[local-name()='vUnCom']", "type": "DECIMAL(38,12)", "stored": false},
      "unit_price": {"expression": "exact_price", "type": "DECIMAL(18,6)"},
      "vat_rate": {"path": "*[local-name()='imposto']/*[local-name()='ICMS']/*/*[local-name()='pICMS']", "type": "DECIMAL(9,4)"},
      "amount": {"path": "*[local-name()='prod']/*[local-name()='vProd']", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("eg-eta-ereceipt", ####"""
{
  "name": "eg-eta-ereceipt",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/header/receiptNumber": {"exists": true}, "/documentType/receiptType": {"exists": true}},
  "receipt_id": [{"path": "/seller/deviceSerialNumber", "optional": true}, "/header/receiptNumber"],
  "issued_at": "/header/dateTimeIssued",
  "time_zone": "Africa/Cairo",
  "columns": {
    "store_id": {"path": "/seller/branchCode", "type": "VARCHAR"},
    "till_id": {"path": "/seller/deviceSerialNumber", "type": "VARCHAR"},
    "seller_tax_id": {"path": "/seller/rin", "type": "VARCHAR"},
    "customer_id": {"path": "/buyer/id", "type": "VARCHAR", "bloom": true},
    "document_kind": {"path": "/documentType/receiptType", "type": "VARCHAR"},
    "currency": {"path": "/header/currency", "type": "VARCHAR"},
    "total": {"path": "/totalAmount", "type": "DECIMAL(18,4)", "required": true},
    "tax_total": {"sum": "/taxTotals/*/amount", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "document_kind like 'R%' or document_kind like 'r%'", "type": "BOOLEAN"},
    "payment_type": {"path": "/paymentMethod", "type": "VARCHAR"},
    "lines": {"path": "/itemData", "columns": {
      "product_code": {"from": ["/internalCode", "/itemCode"], "type": "VARCHAR", "bloom": true},
      "name": {"path": "/description", "type": "VARCHAR"},
      "quantity": {"path": "/quantity", "type": "DECIMAL(18,6)"},
      "exact_price": {"path": "/unitPrice", "type": "DECIMAL(38,12)", "stored": false},
      "unit_price": {"expression": "exact_price", "type": "DECIMAL(18,6)"},
      "vat_rate": {"path": "/taxableItems/*", "where": {"/taxType": "T1"}, "value": "/rate", "type": "DECIMAL(9,4)"},
      "amount": {"path": "/total", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("eg-eta-ereceipts", ####"""
{
  "name": "eg-eta-ereceipts",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/receipts/0/header/receiptNumber": {"exists": true}},
  "each": "/receipts/*",
  "receipt_id": [{"path": "/seller/deviceSerialNumber", "optional": true}, "/header/receiptNumber"],
  "issued_at": "/header/dateTimeIssued",
  "time_zone": "Africa/Cairo",
  "columns": {
    "store_id": {"path": "/seller/branchCode", "type": "VARCHAR"},
    "till_id": {"path": "/seller/deviceSerialNumber", "type": "VARCHAR"},
    "seller_tax_id": {"path": "/seller/rin", "type": "VARCHAR"},
    "customer_id": {"path": "/buyer/id", "type": "VARCHAR", "bloom": true},
    "document_kind": {"path": "/documentType/receiptType", "type": "VARCHAR"},
    "currency": {"path": "/header/currency", "type": "VARCHAR"},
    "total": {"path": "/totalAmount", "type": "DECIMAL(18,4)", "required": true},
    "tax_total": {"sum": "/taxTotals/*/amount", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "document_kind like 'R%' or document_kind like 'r%'", "type": "BOOLEAN"},
    "payment_type": {"path": "/paymentMethod", "type": "VARCHAR"},
    "lines": {"path": "/itemData", "columns": {
      "product_code": {"from": ["/internalCode", "/itemCode"], "type": "VARCHAR", "bloom": true},
      "name": {"path": "/description", "type": "VARCHAR"},
      "quantity": {"path": "/quantity", "type": "DECIMAL(18,6)"},
      "exact_price": {"path": "/unitPrice", "type": "DECIMAL(38,12)", "stored": false},
      "unit_price": {"expression": "exact_price", "type": "DECIMAL(18,6)"},
      "vat_rate": {"path": "/taxableItems/*", "where": {"/taxType": "T1"}, "value": "/rate", "type": "DECIMAL(9,4)"},
      "amount": {"path": "/total", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("es-ticketbai", ####"""
{
  "name": "es-ticketbai",
  "version": 1,
  "table": "receipts",
  "format": "xml",
  "namespaces": {"t": "urn:ticketbai:emision"},
  "match": {"root": "{urn:ticketbai:emision}TicketBai"},
  "receipt_id": [
    {"path": "/t:TicketBai/Factura/CabeceraFactura/SerieFactura", "optional": true},
    "/t:TicketBai/Factura/CabeceraFactura/NumFactura"
  ],
  "issued_at": [
    {"path": "/t:TicketBai/Factura/CabeceraFactura/FechaExpedicionFactura", "format": "dd-MM-yyyy"},
    {"path": "/t:TicketBai/Factura/CabeceraFactura/HoraExpedicionFactura", "format": "HH:mm:ss"}
  ],
  "time_zone": "Europe/Madrid",
  "columns": {
    "store_id": {"path": "/t:TicketBai/Sujetos/Emisor/NIF", "type": "VARCHAR"},
    "till_id": {"path": "/t:TicketBai/HuellaTBAI/NumSerieDispositivo", "type": "VARCHAR"},
    "seller_tax_id": {"path": "/t:TicketBai/Sujetos/Emisor/NIF", "type": "VARCHAR"},
    "customer_id": {
      "from": [
        "/t:TicketBai/Sujetos/Destinatarios/IDDestinatario/NIF", "/t:TicketBai/Sujetos/Destinatarios/IDDestinatario/IDOtro/ID"
      ],
      "type": "VARCHAR",
      "bloom": true
    },
    "buyer_tax_id": {"from": ["/t:TicketBai/Sujetos/Destinatarios/IDDestinatario/NIF", "/t:TicketBai/Sujetos/Destinatarios/IDDestinatario/IDOtro/ID"], "type": "VARCHAR"},
    "document_kind": {"path": "/t:TicketBai/Factura/CabeceraFactura/FacturaRectificativa/Codigo", "type": "VARCHAR"},
    "currency": {"expression": "'EUR'", "type": "VARCHAR"},
    "total": {"path": "/t:TicketBai/Factura/DatosFactura/ImporteTotalFactura", "type": "DECIMAL(18,4)", "required": true},
    "tax_total": {
      "sum": "/t:TicketBai/Factura/TipoDesglose//DetalleIVA/CuotaImpuesto | /t:TicketBai/Factura/TipoDesglose//DetalleIVA/CuotaRecargoEquivalencia",
      "type": "DECIMAL(18,4)"
    },
    "is_refund": {"expression": "total < 0", "type": "BOOLEAN"},
    "lines": {"path": "/t:TicketBai/Factura/DatosFactura/DetallesFactura/IDDetalleFactura", "columns": {
      "name": {"path": "DescripcionDetalle", "type": "VARCHAR"},
      "exact_quantity": {"path": "Cantidad", "type": "DECIMAL(38,12)", "stored": false},
      "quantity": {"expression": "exact_quantity", "type": "DECIMAL(18,6)"},
      "exact_price": {"path": "ImporteUnitario", "type": "DECIMAL(38,12)", "stored": false},
      "unit_price": {"expression": "exact_price", "type": "DECIMAL(18,6)"},
      "amount": {"path": "ImporteTotal", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("fiskaltrust-request", ####"""
{
  "name": "fiskaltrust-request",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/cbReceiptReference": {"exists": true}, "/cbReceiptMoment": {"exists": true}, "/ftReceiptCase": {"exists": true}},
  "receipt_id": [{"path": "/ftCashBoxID", "optional": true}, "/cbReceiptReference", "/ftReceiptCase"],
  "issued_at": "/cbReceiptMoment",
  "columns": {
    "store_id": {"path": "/ftCashBoxID", "type": "VARCHAR"},
    "till_id": {"path": "/cbTerminalID", "type": "VARCHAR"},
    "customer_id": {"from": ["/cbCustomer/CustomerId", "/cbCustomer/CustomerVATId"], "type": "VARCHAR", "bloom": true},
    "buyer_tax_id": {"path": "/cbCustomer/CustomerVATId", "type": "VARCHAR"},
    "document_kind": {"path": "/ftReceiptCase", "type": "VARCHAR"},
    "currency": {"path": "/Currency", "type": "VARCHAR", "default": "EUR"},
    "stated_total": {"path": "/cbReceiptAmount", "type": "DECIMAL(18,4)", "stored": false},
    "charged_total": {"sum": "/cbChargeItems/*/Amount", "type": "DECIMAL(38,24)", "stored": false},
    "total": {"expression": "coalesce(stated_total, charged_total, 0)", "type": "DECIMAL(18,4)"},
    "exact_tax": {"sum": "/cbChargeItems/*/VATAmount", "type": "DECIMAL(38,28)", "stored": false},
    "tax_total": {"expression": "exact_tax", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "total < 0", "type": "BOOLEAN"},
    "payment_type": {"path": "/cbPayItems/0/Description", "type": "VARCHAR"},
    "first_payment": {"path": "/cbPayItems/0/Amount", "type": "DECIMAL(38,24)", "stored": false},
    "lines": {"path": "/cbChargeItems", "columns": {
      "product_code": {"from": ["/ProductNumber", "/ProductBarcode"], "type": "VARCHAR", "bloom": true},
      "name": {"path": "/Description", "type": "VARCHAR"},
      "category": {"path": "/ProductGroup", "type": "VARCHAR"},
      "exact_quantity": {"path": "/Quantity", "type": "DECIMAL(38,24)", "stored": false},
      "quantity": {"expression": "exact_quantity", "type": "DECIMAL(18,6)"},
      "exact_price": {"path": "/UnitPrice", "type": "DECIMAL(38,24)", "stored": false},
      "unit_price": {"expression": "exact_price", "type": "DECIMAL(18,6)"},
      "vat_rate": {"path": "/VATRate", "type": "DECIMAL(9,4)"},
      "exact_amount": {"path": "/Amount", "type": "DECIMAL(38,24)", "stored": false},
      "amount": {"expression": "exact_amount", "type": "DECIMAL(18,4)"}
    }}
  },
  "rules": [
    {"name": "is-receipt", "check": "list_count(lines) > 0 or first_payment is not null", "message": "no charge item and no pay item: a zero receipt, a closing or a start or stop of operation, not a receipt"}
  ]
}
"""####),
        ("gobl-envelope", ####"""
{
  "name": "gobl-envelope",
  "version": 2,
  "table": "receipts",
  "format": "json",
  "match": {"/doc/$schema": "https://gobl.org/draft-0/bill/invoice"},
  "receipt_id": [{"path": "/doc/series", "optional": true}, "/doc/code"],
  "issued_at": ["/doc/issue_date", {"path": "/doc/issue_time", "optional": true}],
  "time_zone": {
    "path": "/doc/supplier/tax_id/country",
    "map": {
      "AE": "Asia/Dubai", "AR": "America/Argentina/Buenos_Aires", "AT": "Europe/Vienna", "BE": "Europe/Brussels",
      "BR": "America/Sao_Paulo", "CA": "America/Toronto", "CH": "Europe/Zurich", "CO": "America/Bogota", "CZ": "Europe/Prague",
      "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "EL": "Europe/Athens", "ES": "Europe/Madrid", "FI": "Europe/Helsinki",
      "FR": "Europe/Paris", "GB": "Europe/London", "GR": "Europe/Athens", "HU": "Europe/Budapest", "IE": "Europe/Dublin",
      "IN": "Asia/Kolkata", "IT": "Europe/Rome", "LU": "Europe/Luxembourg", "MX": "America/Mexico_City",
      "MY": "Asia/Kuala_Lumpur", "NL": "Europe/Amsterdam", "NO": "Europe/Oslo", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon",
      "RO": "Europe/Bucharest", "SA": "Asia/Riyadh", "SE": "Europe/Stockholm", "SG": "Asia/Singapore", "SI": "Europe/Ljubljana",
      "SK": "Europe/Bratislava", "TR": "Europe/Istanbul", "US": "America/Chicago", "AL": "Europe/Tirane", "AM": "Asia/Yerevan",
      "AZ": "Asia/Baku", "BA": "Europe/Sarajevo", "BD": "Asia/Dhaka", "BG": "Europe/Sofia", "BH": "Asia/Bahrain", "BO": "America/La_Paz",
      "CN": "Asia/Shanghai", "CR": "America/Costa_Rica", "CY": "Asia/Nicosia", "DO": "America/Santo_Domingo", "DZ": "Africa/Algiers",
      "EE": "Europe/Tallinn", "EG": "Africa/Cairo", "GE": "Asia/Tbilisi", "GH": "Africa/Accra", "GT": "America/Guatemala",
      "HK": "Asia/Hong_Kong", "HN": "America/Tegucigalpa", "HR": "Europe/Zagreb", "IL": "Asia/Jerusalem", "IQ": "Asia/Baghdad",
      "IS": "Atlantic/Reykjavik", "JO": "Asia/Amman", "JP": "Asia/Tokyo", "KE": "Africa/Nairobi", "KR": "Asia/Seoul", "KW": "Asia/Kuwait",
      "KZ": "Asia/Almaty", "LB": "Asia/Beirut", "LI": "Europe/Vaduz", "LK": "Asia/Colombo", "LT": "Europe/Vilnius", "LV": "Europe/Riga",
      "MA": "Africa/Casablanca", "MD": "Europe/Chisinau", "ME": "Europe/Podgorica", "MK": "Europe/Skopje", "MT": "Europe/Malta",
      "NG": "Africa/Lagos", "NP": "Asia/Kathmandu", "OM": "Asia/Muscat", "PA": "America/Panama", "PE": "America/Lima",
      "PH": "Asia/Manila", "PK": "Asia/Karachi", "PY": "America/Asuncion", "QA": "Asia/Qatar", "RS": "Europe/Belgrade",
      "SV": "America/El_Salvador", "TH": "Asia/Bangkok", "TN": "Africa/Tunis", "TW": "Asia/Taipei", "UA": "Europe/Kyiv",
      "UY": "America/Montevideo", "UZ": "Asia/Tashkent", "VN": "Asia/Ho_Chi_Minh", "ZA": "Africa/Johannesburg"
    },
    "default": "UTC"
  },
  "columns": {
    "store_id": {"from": ["/doc/supplier/tax_id/code", "/doc/supplier/identities/0/code"], "type": "VARCHAR"},
    "seller_tax_id": {"path": "/doc/supplier/tax_id/code", "type": "VARCHAR"},
    "customer_id": {"from": ["/doc/customer/tax_id/code", "/doc/customer/identities/0/code"], "type": "VARCHAR", "bloom": true},
    "buyer_tax_id": {"path": "/doc/customer/tax_id/code", "type": "VARCHAR"},
    "document_kind": {"path": "/doc/type", "type": "VARCHAR"},
    "currency": {"path": "/doc/currency", "type": "VARCHAR"},
    "total": {"path": "/doc/totals/payable", "type": "DECIMAL(18,4)", "required": true},
    "tax_total": {"path": "/doc/totals/tax", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "document_kind = 'credit-note' or total < 0", "type": "BOOLEAN"},
    "payment_type": {"from": ["/doc/payment/advances/0/key", "/doc/payment/instructions/key"], "type": "VARCHAR"},
    "lines": {"path": "/doc/lines", "columns": {
      "product_code": {"path": "/item/ref", "type": "VARCHAR", "bloom": true},
      "name": {"path": "/item/name", "type": "VARCHAR"},
      "category": {"path": "/item/key", "type": "VARCHAR"},
      "quantity": {"path": "/quantity", "type": "DECIMAL(18,6)"},
      "exact_price": {"path": "/item/price", "type": "DECIMAL(38,12)", "stored": false},
      "unit_price": {"expression": "exact_price", "type": "DECIMAL(18,6)"},
      "vat_rate": {
        "path": "/taxes/*",
        "where": {"/cat": ["VAT", "GST", "IGST", "HST", "ST", "IVA", "IGIC", "IPSI"]},
        "value": "/percent",
        "suffix": "%",
        "type": "DECIMAL(9,4)"
      },
      "amount": {"path": "/total", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("gobl-invoice", ####"""
{
  "name": "gobl-invoice",
  "version": 2,
  "table": "receipts",
  "format": "json",
  "match": {"/$schema": "https://gobl.org/draft-0/bill/invoice"},
  "receipt_id": [{"path": "/series", "optional": true}, "/code"],
  "issued_at": ["/issue_date", {"path": "/issue_time", "optional": true}],
  "time_zone": {
    "path": "/supplier/tax_id/country",
    "map": {
      "AE": "Asia/Dubai", "AR": "America/Argentina/Buenos_Aires", "AT": "Europe/Vienna", "BE": "Europe/Brussels",
      "BR": "America/Sao_Paulo", "CA": "America/Toronto", "CH": "Europe/Zurich", "CO": "America/Bogota", "CZ": "Europe/Prague",
      "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "EL": "Europe/Athens", "ES": "Europe/Madrid", "FI": "Europe/Helsinki",
      "FR": "Europe/Paris", "GB": "Europe/London", "GR": "Europe/Athens", "HU": "Europe/Budapest", "IE": "Europe/Dublin",
      "IN": "Asia/Kolkata", "IT": "Europe/Rome", "LU": "Europe/Luxembourg", "MX": "America/Mexico_City",
      "MY": "Asia/Kuala_Lumpur", "NL": "Europe/Amsterdam", "NO": "Europe/Oslo", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon",
      "RO": "Europe/Bucharest", "SA": "Asia/Riyadh", "SE": "Europe/Stockholm", "SG": "Asia/Singapore", "SI": "Europe/Ljubljana",
      "SK": "Europe/Bratislava", "TR": "Europe/Istanbul", "US": "America/Chicago", "AL": "Europe/Tirane", "AM": "Asia/Yerevan",
      "AZ": "Asia/Baku", "BA": "Europe/Sarajevo", "BD": "Asia/Dhaka", "BG": "Europe/Sofia", "BH": "Asia/Bahrain", "BO": "America/La_Paz",
      "CN": "Asia/Shanghai", "CR": "America/Costa_Rica", "CY": "Asia/Nicosia", "DO": "America/Santo_Domingo", "DZ": "Africa/Algiers",
      "EE": "Europe/Tallinn", "EG": "Africa/Cairo", "GE": "Asia/Tbilisi", "GH": "Africa/Accra", "GT": "America/Guatemala",
      "HK": "Asia/Hong_Kong", "HN": "America/Tegucigalpa", "HR": "Europe/Zagreb", "IL": "Asia/Jerusalem", "IQ": "Asia/Baghdad",
      "IS": "Atlantic/Reykjavik", "JO": "Asia/Amman", "JP": "Asia/Tokyo", "KE": "Africa/Nairobi", "KR": "Asia/Seoul", "KW": "Asia/Kuwait",
      "KZ": "Asia/Almaty", "LB": "Asia/Beirut", "LI": "Europe/Vaduz", "LK": "Asia/Colombo", "LT": "Europe/Vilnius", "LV": "Europe/Riga",
      "MA": "Africa/Casablanca", "MD": "Europe/Chisinau", "ME": "Europe/Podgorica", "MK": "Europe/Skopje", "MT": "Europe/Malta",
      "NG": "Africa/Lagos", "NP": "Asia/Kathmandu", "OM": "Asia/Muscat", "PA": "America/Panama", "PE": "America/Lima",
      "PH": "Asia/Manila", "PK": "Asia/Karachi", "PY": "America/Asuncion", "QA": "Asia/Qatar", "RS": "Europe/Belgrade",
      "SV": "America/El_Salvador", "TH": "Asia/Bangkok", "TN": "Africa/Tunis", "TW": "Asia/Taipei", "UA": "Europe/Kyiv",
      "UY": "America/Montevideo", "UZ": "Asia/Tashkent", "VN": "Asia/Ho_Chi_Minh", "ZA": "Africa/Johannesburg"
    },
    "default": "UTC"
  },
  "columns": {
    "store_id": {"from": ["/supplier/tax_id/code", "/supplier/identities/0/code"], "type": "VARCHAR"},
    "seller_tax_id": {"path": "/supplier/tax_id/code", "type": "VARCHAR"},
    "customer_id": {"from": ["/customer/tax_id/code", "/customer/identities/0/code"], "type": "VARCHAR", "bloom": true},
    "buyer_tax_id": {"path": "/customer/tax_id/code", "type": "VARCHAR"},
    "document_kind": {"path": "/type", "type": "VARCHAR"},
    "currency": {"path": "/currency", "type": "VARCHAR"},
    "total": {"path": "/totals/payable", "type": "DECIMAL(18,4)", "required": true},
    "tax_total": {"path": "/totals/tax", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "document_kind = 'credit-note' or total < 0", "type": "BOOLEAN"},
    "payment_type": {"from": ["/payment/advances/0/key", "/payment/instructions/key"], "type": "VARCHAR"},
    "lines": {"path": "/lines", "columns": {
      "product_code": {"path": "/item/ref", "type": "VARCHAR", "bloom": true},
      "name": {"path": "/item/name", "type": "VARCHAR"},
      "category": {"path": "/item/key", "type": "VARCHAR"},
      "quantity": {"path": "/quantity", "type": "DECIMAL(18,6)"},
      "exact_price": {"path": "/item/price", "type": "DECIMAL(38,12)", "stored": false},
      "unit_price": {"expression": "exact_price", "type": "DECIMAL(18,6)"},
      "vat_rate": {
        "path": "/taxes/*",
        "where": {"/cat": ["VAT", "GST", "IGST", "HST", "ST", "IVA", "IGIC", "IPSI"]},
        "value": "/percent",
        "suffix": "%",
        "type": "DECIMAL(9,4)"
      },
      "amount": {"path": "/total", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("gobl-other", ####"""
{
  "name": "gobl-other",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {
    "/doc/$schema": [
      "https://gobl.org/draft-0/bill/payment", "https://gobl.org/draft-0/bill/status", "https://gobl.org/draft-0/bill/order",
      "https://gobl.org/draft-0/bill/delivery"
    ]
  },
  "receipt_id": [{"path": "/doc/series", "optional": true}, "/doc/code"],
  "issued_at": ["/doc/issue_date", {"path": "/doc/issue_time", "optional": true}],
  "time_zone": "UTC",
  "columns": {
    "document_kind": {"path": "/doc/type", "type": "VARCHAR"}
  },
  "rules": [
    {"name": "no-receipt", "check": "false", "message": "a payment, status, order or delivery document is not an invoice"}
  ]
}
"""####),
        ("pl-ksef-fa", ####"""
{
  "name": "pl-ksef-fa",
  "version": 1,
  "table": "receipts",
  "format": "xml",
  "match": {"/*[local-name()='Faktura']/*[local-name()='Naglowek']/*[local-name()='KodFormularza']": "FA"},
  "receipt_id": "/*[local-name()='Faktura']/*[local-name()='Fa']/*[local-name()='P_2']",
  "issued_at": "/*[local-name()='Faktura']/*[local-name()='Fa']/*[local-name()='P_1']",
  "time_zone": "Europe/Warsaw",
  "columns": {
    "store_id": {"path": "/*[local-name()='Faktura']/*[local-name()='Podmiot1']/*[local-name()='DaneIdentyfikacyjne']/*[local-name()='NIP']", "type": "VARCHAR"},
    "seller_tax_id": {
      "path": "/*[local-name()='Faktura']/*[local-name()='Podmiot1']/*[local-name()='DaneIdentyfikacyjne']/*[local-name()='NIP']",
      "type": "VARCHAR",
      "required": true
    },
    "customer_id": {
      "from": [
        "/*[local-name()='Faktura']/*[local-name()='Podmiot2']/*[local-name()='NrKlienta']",
        "/*[local-name()='Faktura']/*[local-name()='Podmiot2']/*[local-name()='DaneIdentyfikacyjne']/*[local-name()='NIP']",
        "/*[local-name()='Faktura']/*[local-name()='Podmiot2']/*[local-name()='DaneIdentyfikacyjne']/*[local-name()='NrVatUE']",
        "/*[local-name()='Faktura']/*[local-name()='Podmiot2']/*[local-name()='DaneIdentyfikacyjne']/*[local-name()='NrID']"
      ],
      "type": "VARCHAR",
      "bloom": true
    },
    "buyer_tax_id": {
      "from": [
        "/*[local-name()='Faktura']/*[local-name()='Podmiot2']/*[local-name()='DaneIdentyfikacyjne']/*[local-name()='NIP']",
        "/*[local-name()='Faktura']/*[local-name()='Podmiot2']/*[local-name()='DaneIdentyfikacyjne']/*[local-name()='NrVatUE']",
        "/*[local-name()='Faktura']/*[local-name()='Podmiot2']/*[local-name()='DaneIdentyfikacyjne']/*[local-name()='NrID']"
      ],
      "type": "VARCHAR"
    },
    "document_kind": {"path": "/*[local-name()='Faktura']/*[local-name()='Fa']/*[local-name()='RodzajFaktury']", "type": "VARCHAR"},
    "currency": {"path": "/*[local-name()='Faktura']/*[local-name()='Fa']/*[local-name()='KodWaluty']", "type": "VARCHAR"},
    "total": {"path": "/*[local-name()='Faktura']/*[local-name()='Fa']/*[local-name()='P_15']", "type": "DECIMAL(18,4)", "required": true},
    "tax_total": {
      "sum": "/*[local-name()='Faktura']/*[local-name()='Fa']/*[starts-with(local-name(),'P_14_')][not(contains(local-name(),'W'))]",
      "type": "DECIMAL(18,4)"
    },
    "is_refund": {"expression": "total < 0", "type": "BOOLEAN"},
    "payment_type": {"path": "/*[local-name()='Faktura']/*[local-name()='Fa']/*[local-name()='Platnosc']/*[local-name()='FormaPlatnosci']", "type": "VARCHAR"},
    "lines": {"path": "/*[local-name()='Faktura']/*[local-name()='Fa']/*[local-name()='FaWiersz']", "columns": {
      "product_code": {"from": ["*[local-name()='Indeks']", "*[local-name()='GTIN']"], "type": "VARCHAR", "bloom": true},
      "name": {"path": "*[local-name()='P_7']", "type": "VARCHAR"},
      "category": {"from": ["*[local-name()='CN']", "*[local-name()='PKWiU']", "*[local-name()='PKOB']", "*[local-name()='GTU']"], "type": "VARCHAR"},
      "quantity": {"path": "*[local-name()='P_8B']", "type": "DECIMAL(18,6)"},
      "exact_price": {"from": ["*[local-name()='P_9A']", "*[local-name()='P_9B']"], "type": "DECIMAL(38,12)", "stored": false},
      "unit_price": {"expression": "exact_price", "type": "DECIMAL(18,6)"},
      "rate": {"path": "*[local-name()='P_12'][number(.) = number(.)]", "type": "DECIMAL(9,4)", "stored": false},
      "rate_code": {"path": "*[local-name()='P_12']", "type": "VARCHAR", "stored": false},
      "vat_rate": {"expression": "coalesce(rate, case when rate_code like '0 %' then 0 end)", "type": "DECIMAL(9,4)"},
      "amount": {"from": ["*[local-name()='P_11']", "*[local-name()='P_11A']"], "type": "DECIMAL(18,4)"},
      "before_correction": {"path": "*[local-name()='StanPrzed']", "type": "BOOLEAN"}
    }}
  },
  "rules": [
    {"name": "seller-nip", "check": "length(seller_tax_id) = 10", "message": "the seller's NIP (Podmiot1) is not a number of ten digits"}
  ]
}
"""####),
        ("pos-receipt", ####"""
{
  "name": "pos-receipt",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/schema": "pos/1"},
  "schema": {"type": "object", "required": ["id", "issued_at", "lines", "total"]},
  "receipt_id": "/id",
  "issued_at": "/issued_at",
  "time_zone": "Europe/Kyiv",
  "columns": {
    "store_id": {"path": "/store/id", "type": "VARCHAR"},
    "till_id": {"path": "/store/till", "type": "VARCHAR"},
    "customer_id": {"path": "/customer", "type": "VARCHAR", "bloom": true},
    "currency": {"path": "/currency", "type": "VARCHAR"},
    "total": {"path": "/total", "type": "DECIMAL(18,4)", "required": true},
    "tax_total": {"path": "/tax_total", "type": "DECIMAL(18,4)"},
    "payment_type": {"path": "/payment/type", "type": "VARCHAR"},
    "lines": {"path": "/lines", "columns": {
      "product_code": {"path": "/code", "type": "VARCHAR", "bloom": true},
      "name": {"path": "/name", "type": "VARCHAR"},
      "category": {"path": "/category", "type": "VARCHAR"},
      "quantity": {"path": "/qty", "type": "DECIMAL(18,6)"},
      "unit_price": {"path": "/price", "type": "DECIMAL(18,6)"},
      "vat_rate": {"path": "/vat", "type": "DECIMAL(9,4)"},
      "amount": {"path": "/amount", "type": "DECIMAL(18,4)"}
    }},
    "tax_share": {"expression": "tax_total / nullif(total, 0)", "type": "DECIMAL(9,4)"}
  },
  "rules": [
    {"name": "lines-add-up", "check": "abs(total - list_sum(lines.amount)) <= 0.01", "message": "total differs from the sum of its lines"}
  ]
}
"""####),
        ("rs-taxcore-invoice", ####"""
{
  "name": "rs-taxcore-invoice",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "priority": 10,
  "match": {"/invoiceNumber": {"exists": true}, "/sdcDateTime": {"exists": true}},
  "receipt_id": "/invoiceNumber",
  "issued_at": "/sdcDateTime",
  "time_zone": "Europe/Belgrade",
  "columns": {
    "store_id": {"path": "/tin", "type": "VARCHAR"},
    "till_id": {"from": ["/mrc", "/requestedBy"], "type": "VARCHAR"},
    "seller_tax_id": {"path": "/tin", "type": "VARCHAR"},
    "customer_id": {"path": "/invoiceRequest/buyerId", "type": "VARCHAR", "bloom": true},
    "buyer_tax_id": {"path": "/invoiceRequest/buyerId", "type": "VARCHAR"},
    "document_kind": {"path": "/invoiceRequest/invoiceType", "type": "VARCHAR"},
    "transaction_type": {"path": "/invoiceRequest/transactionType", "type": "VARCHAR", "stored": false},
    "verification_url": {"path": "/verificationUrl", "type": "VARCHAR", "stored": false},
    "currency": {
      "expression": "case when verification_url like '%poreskaupravars.org%' or length(store_id) = 13 then 'BAM' when verification_url like '%purs.gov.rs%' or length(store_id) = 9 then 'RSD' end",
      "type": "VARCHAR"
    },
    "total": {"path": "/totalAmount", "type": "DECIMAL(18,4)", "required": true},
    "tax_total": {"sum": "/taxItems/*/amount", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "transaction_type = 'Refund'", "type": "BOOLEAN"},
    "payment_type": {"from": ["/invoiceRequest/payment/0/paymentType", "/invoiceRequest/payments/0/paymentType"], "type": "VARCHAR"},
    "lines": {"path": "/invoiceRequest/items", "columns": {
      "product_code": {"from": ["/gtin", "/plu"], "type": "VARCHAR", "bloom": true},
      "name": {"path": "/name", "type": "VARCHAR"},
      "quantity": {"path": "/quantity", "type": "DECIMAL(18,6)"},
      "unit_price": {"path": "/unitPrice", "type": "DECIMAL(18,6)"},
      "amount": {"path": "/totalAmount", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("rs-taxcore-request", ####"""
{
  "name": "rs-taxcore-request",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/invoiceRequest/items": {"exists": true}},
  "receipt_id": "/invoiceResponse/invoiceNumber",
  "issued_at": "/invoiceResponse/sdcDateTime",
  "time_zone": "Europe/Belgrade",
  "columns": {
    "store_id": {"path": "/invoiceResponse/tin", "type": "VARCHAR"},
    "till_id": {"from": ["/invoiceResponse/mrc", "/invoiceResponse/requestedBy"], "type": "VARCHAR"},
    "seller_tax_id": {"path": "/invoiceResponse/tin", "type": "VARCHAR"},
    "customer_id": {"path": "/invoiceRequest/buyerId", "type": "VARCHAR", "bloom": true},
    "buyer_tax_id": {"path": "/invoiceRequest/buyerId", "type": "VARCHAR"},
    "document_kind": {"path": "/invoiceRequest/invoiceType", "type": "VARCHAR"},
    "transaction_type": {"path": "/invoiceRequest/transactionType", "type": "VARCHAR", "stored": false},
    "verification_url": {"path": "/invoiceResponse/verificationUrl", "type": "VARCHAR", "stored": false},
    "currency": {
      "expression": "case when verification_url like '%poreskaupravars.org%' or length(store_id) = 13 then 'BAM' when verification_url like '%purs.gov.rs%' or length(store_id) = 9 then 'RSD' end",
      "type": "VARCHAR"
    },
    "total": {"path": "/invoiceResponse/totalAmount", "type": "DECIMAL(18,4)", "required": true},
    "tax_total": {"sum": "/invoiceResponse/taxItems/*/amount", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "transaction_type = 'Refund'", "type": "BOOLEAN"},
    "payment_type": {"from": ["/invoiceRequest/payment/0/paymentType", "/invoiceRequest/payments/0/paymentType"], "type": "VARCHAR"},
    "lines": {"path": "/invoiceRequest/items", "columns": {
      "product_code": {"from": ["/gtin", "/plu"], "type": "VARCHAR", "bloom": true},
      "name": {"path": "/name", "type": "VARCHAR"},
      "quantity": {"path": "/quantity", "type": "DECIMAL(18,6)"},
      "unit_price": {"path": "/unitPrice", "type": "DECIMAL(18,6)"},
      "amount": {"path": "/totalAmount", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("shopify-checkouts", ####"""
{
  "name": "shopify-checkouts",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/checkouts/0/line_items": {"exists": true}},
  "each": "/checkouts/*",
  "receipt_id": "/id",
  "issued_at": "/created_at",
  "columns": {
    "total": {"path": "/total_price", "type": "DECIMAL(18,4)"}
  },
  "rules": [
    {"name": "no-receipt", "check": "false", "message": "an abandoned checkout is not a sale"}
  ]
}
"""####),
        ("shopify-draft-order", ####"""
{
  "name": "shopify-draft-order",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/draft_order/line_items": {"exists": true}},
  "receipt_id": "/draft_order/id",
  "issued_at": "/draft_order/created_at",
  "columns": {
    "total": {"path": "/draft_order/total_price", "type": "DECIMAL(18,4)"}
  },
  "rules": [
    {"name": "no-receipt", "check": "false", "message": "a draft order is not a sale yet"}
  ]
}
"""####),
        ("shopify-draft-orders", ####"""
{
  "name": "shopify-draft-orders",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/draft_orders/0/line_items": {"exists": true}},
  "each": "/draft_orders/*",
  "receipt_id": "/id",
  "issued_at": "/created_at",
  "columns": {
    "total": {"path": "/total_price", "type": "DECIMAL(18,4)"}
  },
  "rules": [
    {"name": "no-receipt", "check": "false", "message": "a draft order is not a sale yet"}
  ]
}
"""####),
        ("shopify-order-envelope", ####"""
{
  "name": "shopify-order-envelope",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/order/line_items": {"exists": true}, "/order/total_price": {"exists": true}},
  "receipt_id": "/order/id",
  "issued_at": "/order/created_at",
  "columns": {
    "store_id": {"path": "/order/location_id", "type": "VARCHAR"},
    "customer_id": {"path": "/order/customer/id", "type": "VARCHAR", "bloom": true},
    "document_kind": {"path": "/order/financial_status", "type": "VARCHAR"},
    "currency": {"path": "/order/currency", "type": "VARCHAR"},
    "total": {"path": "/order/total_price", "type": "DECIMAL(18,4)", "required": true},
    "tax_total": {"path": "/order/total_tax", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "document_kind = 'refunded'", "type": "BOOLEAN"},
    "payment_type": {"from": ["/order/payment_gateway_names/0", "/order/gateway"], "type": "VARCHAR"},
    "lines": {"path": "/order/line_items", "columns": {
      "product_code": {"path": "/sku", "type": "VARCHAR", "bloom": true},
      "name": {"from": ["/name", "/title"], "type": "VARCHAR"},
      "category": {"path": "/product_type", "type": "VARCHAR"},
      "quantity": {"path": "/quantity", "type": "DECIMAL(18,6)"},
      "unit_price": {"path": "/price", "type": "DECIMAL(18,6)"},
      "vat_rate": {"path": "/tax_lines/0/rate", "type": "DECIMAL(9,4)", "scale": 2},
      "discount": {"path": "/total_discount", "type": "DECIMAL(18,4)", "stored": false},
      "amount": {"expression": "quantity * unit_price - coalesce(discount, 0)", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("shopify-order", ####"""
{
  "name": "shopify-order",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/id": {"exists": true}, "/created_at": {"exists": true}, "/financial_status": {"exists": true}, "/line_items": {"exists": true}},
  "receipt_id": "/id",
  "issued_at": "/created_at",
  "columns": {
    "store_id": {"path": "/location_id", "type": "VARCHAR"},
    "customer_id": {"path": "/customer/id", "type": "VARCHAR", "bloom": true},
    "document_kind": {"path": "/financial_status", "type": "VARCHAR"},
    "currency": {"path": "/currency", "type": "VARCHAR"},
    "total": {"path": "/total_price", "type": "DECIMAL(18,4)", "required": true},
    "tax_total": {"path": "/total_tax", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "document_kind = 'refunded'", "type": "BOOLEAN"},
    "payment_type": {"from": ["/payment_gateway_names/0", "/gateway"], "type": "VARCHAR"},
    "lines": {"path": "/line_items", "columns": {
      "product_code": {"path": "/sku", "type": "VARCHAR", "bloom": true},
      "name": {"from": ["/name", "/title"], "type": "VARCHAR"},
      "category": {"path": "/product_type", "type": "VARCHAR"},
      "quantity": {"path": "/quantity", "type": "DECIMAL(18,6)"},
      "unit_price": {"path": "/price", "type": "DECIMAL(18,6)"},
      "vat_rate": {"path": "/tax_lines/0/rate", "type": "DECIMAL(9,4)", "scale": 2},
      "discount": {"path": "/total_discount", "type": "DECIMAL(18,4)", "stored": false},
      "amount": {"expression": "quantity * unit_price - coalesce(discount, 0)", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("shopify-orders-envelope", ####"""
{
  "name": "shopify-orders-envelope",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/orders/0/line_items": {"exists": true}, "/orders/0/total_price": {"exists": true}},
  "each": "/orders/*",
  "receipt_id": "/id",
  "issued_at": "/created_at",
  "columns": {
    "store_id": {"path": "/location_id", "type": "VARCHAR"},
    "customer_id": {"path": "/customer/id", "type": "VARCHAR", "bloom": true},
    "document_kind": {"path": "/financial_status", "type": "VARCHAR"},
    "currency": {"path": "/currency", "type": "VARCHAR"},
    "total": {"path": "/total_price", "type": "DECIMAL(18,4)", "required": true},
    "tax_total": {"path": "/total_tax", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "document_kind = 'refunded'", "type": "BOOLEAN"},
    "payment_type": {"from": ["/payment_gateway_names/0", "/gateway"], "type": "VARCHAR"},
    "lines": {"path": "/line_items", "columns": {
      "product_code": {"path": "/sku", "type": "VARCHAR", "bloom": true},
      "name": {"from": ["/name", "/title"], "type": "VARCHAR"},
      "category": {"path": "/product_type", "type": "VARCHAR"},
      "quantity": {"path": "/quantity", "type": "DECIMAL(18,6)"},
      "unit_price": {"path": "/price", "type": "DECIMAL(18,6)"},
      "vat_rate": {"path": "/tax_lines/0/rate", "type": "DECIMAL(9,4)", "scale": 2},
      "discount": {"path": "/total_discount", "type": "DECIMAL(18,4)", "stored": false},
      "amount": {"expression": "quantity * unit_price - coalesce(discount, 0)", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("square-order-entries", ####"""
{
  "name": "square-order-entries",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/order_entries/0/order_id": {"exists": true}},
  "each": "/order_entries/*",
  "receipt_id": "/order_id",
  "issued_at": "/created_at",
  "columns": {
    "store_id": {"path": "/location_id", "type": "VARCHAR"}
  },
  "rules": [
    {"name": "no-receipt", "check": "false", "message": "a list of order ids holds no orders"}
  ]
}
"""####),
        ("square-order-response", ####"""
{
  "name": "square-order-response",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/order/location_id": {"exists": true}, "/order/total_money/amount": {"exists": true}},
  "receipt_id": "/order/id",
  "issued_at": "/order/created_at",
  "columns": {
    "store_id": {"path": "/order/location_id", "type": "VARCHAR"},
    "customer_id": {"path": "/order/customer_id", "type": "VARCHAR", "bloom": true},
    "document_kind": {"path": "/order/state", "type": "VARCHAR"},
    "returned": {"path": "/order/returns/0/uid", "type": "VARCHAR", "stored": false},
    "currency": {"path": "/order/total_money/currency", "type": "VARCHAR"},
    "minor_total": {"path": "/order/total_money/amount", "type": "DECIMAL(18,0)", "stored": false, "required": true},
    "total": {"expression": "minor_total * case when currency in ('JPY', 'KRW', 'VND', 'CLP') then 1 else 0.01 end", "type": "DECIMAL(18,4)"},
    "minor_tax": {"path": "/order/total_tax_money/amount", "type": "DECIMAL(18,0)", "stored": false},
    "tax_total": {"expression": "minor_tax * case when currency in ('JPY', 'KRW', 'VND', 'CLP') then 1 else 0.01 end", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "returned is not null", "type": "BOOLEAN"},
    "payment_type": {"path": "/order/tenders/0/type", "type": "VARCHAR"},
    "lines": {"path": "/order/line_items", "columns": {
      "product_code": {"path": "/catalog_object_id", "type": "VARCHAR", "bloom": true},
      "name": {"path": "/name", "type": "VARCHAR"},
      "quantity": {"path": "/quantity", "type": "DECIMAL(18,6)"},
      "minor_price": {"path": "/base_price_money/amount", "type": "DECIMAL(18,0)", "stored": false},
      "unit_price": {"expression": "minor_price * case when currency in ('JPY', 'KRW', 'VND', 'CLP') then 1 else 0.01 end", "type": "DECIMAL(18,6)"},
      "minor_amount": {"path": "/total_money/amount", "type": "DECIMAL(18,0)", "stored": false},
      "amount": {"expression": "minor_amount * case when currency in ('JPY', 'KRW', 'VND', 'CLP') then 1 else 0.01 end", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("square-order", ####"""
{
  "name": "square-order",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/location_id": {"exists": true}, "/total_money/amount": {"exists": true}},
  "receipt_id": "/id",
  "issued_at": "/created_at",
  "columns": {
    "store_id": {"path": "/location_id", "type": "VARCHAR"},
    "customer_id": {"path": "/customer_id", "type": "VARCHAR", "bloom": true},
    "document_kind": {"path": "/state", "type": "VARCHAR"},
    "returned": {"path": "/returns/0/uid", "type": "VARCHAR", "stored": false},
    "currency": {"path": "/total_money/currency", "type": "VARCHAR"},
    "minor_total": {"path": "/total_money/amount", "type": "DECIMAL(18,0)", "stored": false, "required": true},
    "total": {"expression": "minor_total * case when currency in ('JPY', 'KRW', 'VND', 'CLP') then 1 else 0.01 end", "type": "DECIMAL(18,4)"},
    "minor_tax": {"path": "/total_tax_money/amount", "type": "DECIMAL(18,0)", "stored": false},
    "tax_total": {"expression": "minor_tax * case when currency in ('JPY', 'KRW', 'VND', 'CLP') then 1 else 0.01 end", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "returned is not null", "type": "BOOLEAN"},
    "payment_type": {"path": "/tenders/0/type", "type": "VARCHAR"},
    "lines": {"path": "/line_items", "columns": {
      "product_code": {"path": "/catalog_object_id", "type": "VARCHAR", "bloom": true},
      "name": {"path": "/name", "type": "VARCHAR"},
      "quantity": {"path": "/quantity", "type": "DECIMAL(18,6)"},
      "minor_price": {"path": "/base_price_money/amount", "type": "DECIMAL(18,0)", "stored": false},
      "unit_price": {"expression": "minor_price * case when currency in ('JPY', 'KRW', 'VND', 'CLP') then 1 else 0.01 end", "type": "DECIMAL(18,6)"},
      "minor_amount": {"path": "/total_money/amount", "type": "DECIMAL(18,0)", "stored": false},
      "amount": {"expression": "minor_amount * case when currency in ('JPY', 'KRW', 'VND', 'CLP') then 1 else 0.01 end", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("square-orders-response", ####"""
{
  "name": "square-orders-response",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/orders/0/location_id": {"exists": true}, "/orders/0/total_money/amount": {"exists": true}},
  "each": "/orders/*",
  "receipt_id": "/id",
  "issued_at": "/created_at",
  "columns": {
    "store_id": {"path": "/location_id", "type": "VARCHAR"},
    "customer_id": {"path": "/customer_id", "type": "VARCHAR", "bloom": true},
    "document_kind": {"path": "/state", "type": "VARCHAR"},
    "returned": {"path": "/returns/0/uid", "type": "VARCHAR", "stored": false},
    "currency": {"path": "/total_money/currency", "type": "VARCHAR"},
    "minor_total": {"path": "/total_money/amount", "type": "DECIMAL(18,0)", "stored": false, "required": true},
    "total": {"expression": "minor_total * case when currency in ('JPY', 'KRW', 'VND', 'CLP') then 1 else 0.01 end", "type": "DECIMAL(18,4)"},
    "minor_tax": {"path": "/total_tax_money/amount", "type": "DECIMAL(18,0)", "stored": false},
    "tax_total": {"expression": "minor_tax * case when currency in ('JPY', 'KRW', 'VND', 'CLP') then 1 else 0.01 end", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "returned is not null", "type": "BOOLEAN"},
    "payment_type": {"path": "/tenders/0/type", "type": "VARCHAR"},
    "lines": {"path": "/line_items", "columns": {
      "product_code": {"path": "/catalog_object_id", "type": "VARCHAR", "bloom": true},
      "name": {"path": "/name", "type": "VARCHAR"},
      "quantity": {"path": "/quantity", "type": "DECIMAL(18,6)"},
      "minor_price": {"path": "/base_price_money/amount", "type": "DECIMAL(18,0)", "stored": false},
      "unit_price": {"expression": "minor_price * case when currency in ('JPY', 'KRW', 'VND', 'CLP') then 1 else 0.01 end", "type": "DECIMAL(18,6)"},
      "minor_amount": {"path": "/total_money/amount", "type": "DECIMAL(18,0)", "stored": false},
      "amount": {"expression": "minor_amount * case when currency in ('JPY', 'KRW', 'VND', 'CLP') then 1 else 0.01 end", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("ua-checkbox-receipt", ####"""
{
  "name": "ua-checkbox-receipt",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/goods": {"exists": true}, "/payments": {"exists": true}},
  "receipt_id": "/id",
  "issued_at": {"from": ["/fiscal_date", "/created_at"]},
  "time_zone": "Europe/Kyiv",
  "columns": {
    "till_id": {"from": ["/shift/cash_register/fiscal_number", "/cash_register/fiscal_number"], "type": "VARCHAR"},
    "customer_id": {"path": "/customer/id", "type": "VARCHAR", "bloom": true},
    "document_kind": {"path": "/type", "type": "VARCHAR"},
    "currency": {"expression": "'UAH'", "type": "VARCHAR"},
    "total": {"from": ["/total_sum", "/total_payment"], "type": "DECIMAL(18,4)", "scale": -2, "required": true},
    "tax_total": {"sum": "/taxes/*/value", "type": "DECIMAL(18,4)", "scale": -2},
    "is_refund": {"expression": "coalesce(document_kind = 'RETURN', false)", "type": "BOOLEAN"},
    "payment_type": {"path": "/payments/0/type", "type": "VARCHAR"},
    "lines": {"path": "/goods", "columns": {
      "product_code": {"from": ["/good/code", "/good/barcode"], "type": "VARCHAR", "bloom": true},
      "name": {"path": "/good/name", "type": "VARCHAR"},
      "category": {"path": "/good/uktzed", "type": "VARCHAR"},
      "quantity": {"path": "/quantity", "type": "DECIMAL(18,6)", "scale": -3},
      "unit_price": {"path": "/good/price", "type": "DECIMAL(18,6)", "scale": -2},
      "vat_rate": {"path": "/taxes/0/rate", "type": "DECIMAL(9,4)"},
      "amount": {"from": ["/sum", "/total_sum"], "type": "DECIMAL(18,4)", "scale": -2}
    }}
  },
  "rules": [
    {"name": "no-service-operation", "check": "document_kind is null or not document_kind in ('SERVICE_IN', 'SERVICE_OUT')", "message": "a service deposit or withdrawal is no receipt"}
  ]
}
"""####),
        ("ua-checkbox-report", ####"""
{
  "name": "ua-checkbox-report",
  "version": 1,
  "table": "receipts",
  "format": "json",
  "match": {"/sell_receipts_count": {"exists": true}},
  "receipt_id": {"from": ["/id", "/taxes/0/id"]},
  "issued_at": {"from": ["/created_at", "/taxes/0/created_at"]},
  "time_zone": "Europe/Kyiv",
  "columns": {
    "document_kind": {"path": "/serial", "type": "VARCHAR"}
  },
  "rules": [
    {"name": "no-receipt", "check": "false", "message": "a shift report is no receipt"}
  ]
}
"""####),
        ("ua-prro-check01", ####"""
{
  "name": "ua-prro-check01",
  "version": 1,
  "table": "receipts",
  "format": "xml",
  "match": {"/CHECK/CHECKHEAD/DOCTYPE": {"exists": true}},
  "receipt_id": {"from": ["/CHECK/CHECKHEAD/UID", ["/CHECK/CHECKHEAD/CASHREGISTERNUM", "/CHECK/CHECKHEAD/ORDERNUM"]]},
  "issued_at": [{"path": "/CHECK/CHECKHEAD/ORDERDATE", "format": "ddMMyyyy"}, {"path": "/CHECK/CHECKHEAD/ORDERTIME", "format": "HHmmss"}],
  "time_zone": "Europe/Kyiv",
  "columns": {
    "store_id": {"path": "/CHECK/CHECKHEAD/TIN", "type": "VARCHAR"},
    "till_id": {"path": "/CHECK/CHECKHEAD/CASHREGISTERNUM", "type": "VARCHAR"},
    "seller_tax_id": {"path": "/CHECK/CHECKHEAD/TIN", "type": "VARCHAR"},
    "document_type": {"path": "/CHECK/CHECKHEAD/DOCTYPE", "type": "INTEGER", "stored": false},
    "document_subtype": {"path": "/CHECK/CHECKHEAD/DOCSUBTYPE", "type": "INTEGER", "stored": false},
    "document_kind": {
      "expression": "case when document_type >= 100 then 'report' when document_subtype = 1 then 'return' when document_subtype > 1 then 'service' when document_type = 0 then 'sale' when document_type = 1 then 'transfer' when document_type = 2 then 'exchange' when document_type = 3 then 'cash-withdrawal' when document_type = 4 then 'pawn' end",
      "type": "VARCHAR"
    },
    "currency": {"expression": "'UAH'", "type": "VARCHAR"},
    "check_total": {"path": "/CHECK/CHECKTOTAL/SUM", "type": "DECIMAL(18,4)", "stored": false},
    "exchange_total": {"sum": "/CHECK/CHECKBODY/ROW[not(VALOPERTYPE='5' or VALOPERTYPE='7')]/VALNATIONALSUM", "type": "DECIMAL(18,4)", "stored": false},
    "conversion_total": {"path": "/CHECK/CHECKBODY/ROW/VALNATIONALSUM", "type": "DECIMAL(18,4)", "stored": false},
    "total": {"expression": "coalesce(check_total, exchange_total, conversion_total)", "type": "DECIMAL(18,4)"},
    "tax_total": {"sum": "/CHECK/CHECKTAX/ROW/SUM", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "coalesce(document_subtype = 1, false)", "type": "BOOLEAN"},
    "payment_type": {"path": "/CHECK/CHECKPAY/ROW/PAYFORMNM", "type": "VARCHAR"},
    "lines": {"path": "/CHECK/CHECKBODY/ROW", "columns": {
      "product_code": {"path": "CODE", "type": "VARCHAR", "bloom": true},
      "name": {"path": "NAME", "type": "VARCHAR"},
      "category": {"path": "UKTZED", "type": "VARCHAR"},
      "quantity": {"path": "AMOUNT", "type": "DECIMAL(18,6)"},
      "unit_price": {"path": "PRICE", "type": "DECIMAL(18,6)"},
      "vat_rate": {
        "from": [
          "self::ROW[contains(LETTERS,'А')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='А']/PRC",
          "self::ROW[contains(LETTERS,'A')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='A']/PRC",
          "self::ROW[contains(LETTERS,'Б')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='Б']/PRC",
          "self::ROW[contains(LETTERS,'В')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='В']/PRC",
          "self::ROW[contains(LETTERS,'B')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='B']/PRC",
          "self::ROW[contains(LETTERS,'Г')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='Г']/PRC",
          "self::ROW[contains(LETTERS,'Д')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='Д']/PRC",
          "self::ROW[contains(LETTERS,'Е')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='Е']/PRC",
          "self::ROW[contains(LETTERS,'E')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='E']/PRC",
          "self::ROW[contains(LETTERS,'Ж')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='Ж']/PRC",
          "self::ROW[contains(LETTERS,'З')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='З']/PRC",
          "self::ROW[contains(LETTERS,'И')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='И']/PRC",
          "self::ROW[contains(LETTERS,'І')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='І']/PRC",
          "self::ROW[contains(LETTERS,'К')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='К']/PRC",
          "self::ROW[contains(LETTERS,'K')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='K']/PRC",
          "self::ROW[contains(LETTERS,'Л')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='Л']/PRC",
          "self::ROW[contains(LETTERS,'М')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='М']/PRC",
          "self::ROW[contains(LETTERS,'M')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='M']/PRC",
          "self::ROW[contains(LETTERS,'Н')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='Н']/PRC",
          "self::ROW[contains(LETTERS,'O')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='O']/PRC",
          "self::ROW[contains(LETTERS,'О')]/../../CHECKTAX/ROW[TYPE='0' and LETTER='О']/PRC"
        ],
        "type": "DECIMAL(9,4)"
      },
      "amount": {"from": ["COST", "VALNATIONALSUM"], "type": "DECIMAL(18,4)"}
    }}
  },
  "rules": [
    {"name": "no-shift-report", "check": "document_type < 100", "message": "DOCTYPE 100 to 103 opens or closes a shift or an offline session: no receipt"},
    {"name": "no-service-operation", "check": "document_type >= 100 or document_subtype is null or document_subtype < 2", "message": "DOCSUBTYPE 2 to 5 is a deposit, a withdrawal or the cancellation of a check: no receipt"},
    {"name": "has-total", "check": "document_type >= 100 or document_subtype > 1 or total is not null", "message": "the check has neither CHECKTOTAL/SUM nor an exchanged sum"}
  ]
}
"""####),
        ("ua-prro-zrep01", ####"""
{
  "name": "ua-prro-zrep01",
  "version": 1,
  "table": "receipts",
  "format": "xml",
  "match": {"/ZREP/ZREPHEAD/UID": {"exists": true}},
  "receipt_id": "/ZREP/ZREPHEAD/UID",
  "issued_at": [{"path": "/ZREP/ZREPHEAD/ORDERDATE", "format": "ddMMyyyy"}, {"path": "/ZREP/ZREPHEAD/ORDERTIME", "format": "HHmmss"}],
  "time_zone": "Europe/Kyiv",
  "columns": {
    "till_id": {"path": "/ZREP/ZREPHEAD/CASHREGISTERNUM", "type": "VARCHAR"}
  },
  "rules": [
    {"name": "no-receipt", "check": "false", "message": "a Z report closes a shift: no receipt"}
  ]
}
"""####),
        ("ubl-invoice-envelope", ####"""
{
  "name": "ubl-invoice-envelope",
  "version": 2,
  "table": "receipts",
  "format": "xml",
  "namespaces": {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "cn": "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
    "scn": "urn:oasis:names:specification:ubl:schema:xsd:SelfBilledCreditNote-2",
    "in": "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
    "dn": "urn:oasis:names:specification:ubl:schema:xsd:DebitNote-2",
    "sin": "urn:oasis:names:specification:ubl:schema:xsd:SelfBilledInvoice-2"
  },
  "priority": -10,
  "match": {
    "/*//in:Invoice | /*//cn:CreditNote | /*//dn:DebitNote | /*//sin:SelfBilledInvoice | /*//scn:SelfBilledCreditNote": {"exists": true}
  },
  "each": "/*//in:Invoice | /*//cn:CreditNote | /*//dn:DebitNote | /*//sin:SelfBilledInvoice | /*//scn:SelfBilledCreditNote",
  "receipt_id": {"from": ["cbc:ID", "cbc:UUID"]},
  "issued_at": ["cbc:IssueDate", {"path": "cbc:IssueTime", "optional": true}],
  "time_zone": {
    "path": "cac:AccountingSupplierParty/cac:Party/cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    "map": {
      "AT": "Europe/Vienna", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "CH": "Europe/Zurich", "CY": "Asia/Nicosia",
      "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "EE": "Europe/Tallinn", "ES": "Europe/Madrid",
      "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London", "GR": "Europe/Athens", "EL": "Europe/Athens",
      "HR": "Europe/Zagreb", "HU": "Europe/Budapest", "IE": "Europe/Dublin", "IS": "Atlantic/Reykjavik", "IT": "Europe/Rome",
      "LI": "Europe/Vaduz", "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg", "LV": "Europe/Riga", "MT": "Europe/Malta",
      "NL": "Europe/Amsterdam", "NO": "Europe/Oslo", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon", "RO": "Europe/Bucharest",
      "RS": "Europe/Belgrade", "SE": "Europe/Stockholm", "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava",
      "TR": "Europe/Istanbul", "UA": "Europe/Kyiv", "AE": "Asia/Dubai", "SA": "Asia/Riyadh", "IN": "Asia/Kolkata",
      "SG": "Asia/Singapore", "MY": "Asia/Kuala_Lumpur", "JP": "Asia/Tokyo", "NZ": "Pacific/Auckland",
      "ZA": "Africa/Johannesburg", "CO": "America/Bogota", "PE": "America/Lima", "AL": "Europe/Tirane", "BA": "Europe/Sarajevo",
      "MD": "Europe/Chisinau", "ME": "Europe/Podgorica", "MK": "Europe/Skopje", "GE": "Asia/Tbilisi", "AM": "Asia/Yerevan",
      "AZ": "Asia/Baku", "KZ": "Asia/Almaty", "UZ": "Asia/Tashkent", "IL": "Asia/Jerusalem", "JO": "Asia/Amman",
      "LB": "Asia/Beirut", "IQ": "Asia/Baghdad", "KW": "Asia/Kuwait", "BH": "Asia/Bahrain", "QA": "Asia/Qatar", "OM": "Asia/Muscat",
      "PK": "Asia/Karachi", "BD": "Asia/Dhaka", "LK": "Asia/Colombo", "NP": "Asia/Kathmandu", "TH": "Asia/Bangkok",
      "VN": "Asia/Ho_Chi_Minh", "PH": "Asia/Manila", "CN": "Asia/Shanghai", "HK": "Asia/Hong_Kong", "TW": "Asia/Taipei",
      "KR": "Asia/Seoul", "EG": "Africa/Cairo", "MA": "Africa/Casablanca", "TN": "Africa/Tunis", "DZ": "Africa/Algiers",
      "NG": "Africa/Lagos", "GH": "Africa/Accra", "KE": "Africa/Nairobi", "AR": "America/Argentina/Buenos_Aires",
      "BO": "America/La_Paz", "CR": "America/Costa_Rica", "DO": "America/Santo_Domingo", "GT": "America/Guatemala",
      "HN": "America/Tegucigalpa", "PA": "America/Panama", "PY": "America/Asuncion", "SV": "America/El_Salvador",
      "UY": "America/Montevideo"
    },
    "default": "UTC"
  },
  "columns": {
    "store_id": {
      "from": [
        "cac:AccountingSupplierParty/cac:Party/cac:PartyIdentification/cbc:ID",
        "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID",
        "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme[translate(cac:TaxScheme/cbc:ID,'tax','TAX')!='TAX']/cbc:CompanyID",
        "cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:CompanyID",
        "cac:AccountingSupplierParty/cac:Party/cbc:EndpointID", "cac:AccountingSupplierParty/cbc:CustomerAssignedAccountID"
      ],
      "type": "VARCHAR"
    },
    "seller_tax_id": {
      "from": [
        "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID",
        "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme[translate(cac:TaxScheme/cbc:ID,'tax','TAX')!='TAX']/cbc:CompanyID"
      ],
      "type": "VARCHAR"
    },
    "customer_id": {
      "from": [
        "cac:AccountingCustomerParty/cbc:SupplierAssignedAccountID",
        "cac:AccountingCustomerParty/cac:Party/cac:PartyIdentification/cbc:ID",
        "cac:AccountingCustomerParty/cac:Party/cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID",
        "cac:AccountingCustomerParty/cac:Party/cac:PartyTaxScheme[translate(cac:TaxScheme/cbc:ID,'tax','TAX')!='TAX']/cbc:CompanyID",
        "cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity/cbc:CompanyID",
        "cac:AccountingCustomerParty/cac:Party/cbc:EndpointID"
      ],
      "type": "VARCHAR",
      "bloom": true
    },
    "buyer_tax_id": {
      "from": [
        "cac:AccountingCustomerParty/cac:Party/cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID",
        "cac:AccountingCustomerParty/cac:Party/cac:PartyTaxScheme[translate(cac:TaxScheme/cbc:ID,'tax','TAX')!='TAX']/cbc:CompanyID"
      ],
      "type": "VARCHAR"
    },
    "document_kind": {"from": ["cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode"], "type": "VARCHAR"},
    "credit_note": {"path": "self::cn:CreditNote/cbc:ID | self::scn:SelfBilledCreditNote/cbc:ID", "type": "VARCHAR", "stored": false},
    "currency": {
      "from": [
        "cbc:DocumentCurrencyCode", "cac:LegalMonetaryTotal/cbc:PayableAmount/@currencyID",
        "cac:RequestedMonetaryTotal/cbc:PayableAmount/@currencyID"
      ],
      "type": "VARCHAR"
    },
    "total": {"from": ["cac:LegalMonetaryTotal/cbc:PayableAmount", "cac:RequestedMonetaryTotal/cbc:PayableAmount"], "type": "DECIMAL(18,4)", "required": true},
    "divided_tax": {
      "sum": "cac:TaxTotal[cac:TaxSubtotal]/cbc:TaxAmount[not(@currencyID) or @currencyID=../../cac:LegalMonetaryTotal/cbc:PayableAmount/@currencyID or @currencyID=../../cac:RequestedMonetaryTotal/cbc:PayableAmount/@currencyID]",
      "type": "DECIMAL(18,4)",
      "stored": false
    },
    "stated_tax": {
      "sum": "cac:TaxTotal/cbc:TaxAmount[not(@currencyID) or @currencyID=../../cac:LegalMonetaryTotal/cbc:PayableAmount/@currencyID or @currencyID=../../cac:RequestedMonetaryTotal/cbc:PayableAmount/@currencyID]",
      "type": "DECIMAL(18,4)",
      "stored": false
    },
    "tax_total": {"expression": "coalesce(divided_tax, stated_tax)", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "credit_note is not null or total < 0", "type": "BOOLEAN"},
    "payment_type": {"path": "cac:PaymentMeans/cbc:PaymentMeansCode", "type": "VARCHAR"},
    "lines": {"path": "cac:InvoiceLine | cac:CreditNoteLine | cac:DebitNoteLine", "columns": {
      "product_code": {
        "from": [
          "cac:Item/cac:SellersItemIdentification/cbc:ID", "cac:Item/cac:StandardItemIdentification/cbc:ID",
          "cac:Item/cac:BuyersItemIdentification/cbc:ID"
        ],
        "type": "VARCHAR",
        "bloom": true
      },
      "name": {"from": ["cac:Item/cbc:Name", "cac:Item/cbc:Description"], "type": "VARCHAR"},
      "category": {"path": "cac:Item/cac:CommodityClassification/cbc:ItemClassificationCode", "type": "VARCHAR"},
      "exact_quantity": {"from": ["cbc:InvoicedQuantity", "cbc:CreditedQuantity", "cbc:DebitedQuantity"], "type": "DECIMAL(38,12)", "stored": false},
      "quantity": {"expression": "exact_quantity", "type": "DECIMAL(18,6)"},
      "price": {"path": "cac:Price/cbc:PriceAmount", "type": "DECIMAL(38,12)", "stored": false},
      "price_quantity": {"path": "cac:Price/cbc:BaseQuantity", "type": "DECIMAL(38,12)", "stored": false},
      "unit_price": {"expression": "price / coalesce(nullif(price_quantity, 0), 1)", "type": "DECIMAL(18,6)"},
      "vat_rate": {
        "from": [
          "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent", "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:Percent",
          "cac:TaxTotal/cac:TaxSubtotal/cbc:Percent"
        ],
        "type": "DECIMAL(9,4)"
      },
      "amount": {"path": "cbc:LineExtensionAmount", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
        ("ubl-invoice", ####"""
{
  "name": "ubl-invoice",
  "version": 2,
  "table": "receipts",
  "format": "xml",
  "namespaces": {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "cn": "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
    "scn": "urn:oasis:names:specification:ubl:schema:xsd:SelfBilledCreditNote-2"
  },
  "match": {
    "root": [
      "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice",
      "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote",
      "{urn:oasis:names:specification:ubl:schema:xsd:DebitNote-2}DebitNote",
      "{urn:oasis:names:specification:ubl:schema:xsd:SelfBilledInvoice-2}SelfBilledInvoice",
      "{urn:oasis:names:specification:ubl:schema:xsd:SelfBilledCreditNote-2}SelfBilledCreditNote"
    ]
  },
  "receipt_id": {"from": ["/*/cbc:ID", "/*/cbc:UUID"]},
  "issued_at": ["/*/cbc:IssueDate", {"path": "/*/cbc:IssueTime", "optional": true}],
  "time_zone": {
    "path": "/*/cac:AccountingSupplierParty/cac:Party/cac:PostalAddress/cac:Country/cbc:IdentificationCode",
    "map": {
      "AT": "Europe/Vienna", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "CH": "Europe/Zurich", "CY": "Asia/Nicosia",
      "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen", "EE": "Europe/Tallinn", "ES": "Europe/Madrid",
      "FI": "Europe/Helsinki", "FR": "Europe/Paris", "GB": "Europe/London", "GR": "Europe/Athens", "EL": "Europe/Athens",
      "HR": "Europe/Zagreb", "HU": "Europe/Budapest", "IE": "Europe/Dublin", "IS": "Atlantic/Reykjavik", "IT": "Europe/Rome",
      "LI": "Europe/Vaduz", "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg", "LV": "Europe/Riga", "MT": "Europe/Malta",
      "NL": "Europe/Amsterdam", "NO": "Europe/Oslo", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon", "RO": "Europe/Bucharest",
      "RS": "Europe/Belgrade", "SE": "Europe/Stockholm", "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava",
      "TR": "Europe/Istanbul", "UA": "Europe/Kyiv", "AE": "Asia/Dubai", "SA": "Asia/Riyadh", "IN": "Asia/Kolkata",
      "SG": "Asia/Singapore", "MY": "Asia/Kuala_Lumpur", "JP": "Asia/Tokyo", "NZ": "Pacific/Auckland",
      "ZA": "Africa/Johannesburg", "CO": "America/Bogota", "PE": "America/Lima", "AL": "Europe/Tirane", "BA": "Europe/Sarajevo",
      "MD": "Europe/Chisinau", "ME": "Europe/Podgorica", "MK": "Europe/Skopje", "GE": "Asia/Tbilisi", "AM": "Asia/Yerevan",
      "AZ": "Asia/Baku", "KZ": "Asia/Almaty", "UZ": "Asia/Tashkent", "IL": "Asia/Jerusalem", "JO": "Asia/Amman",
      "LB": "Asia/Beirut", "IQ": "Asia/Baghdad", "KW": "Asia/Kuwait", "BH": "Asia/Bahrain", "QA": "Asia/Qatar", "OM": "Asia/Muscat",
      "PK": "Asia/Karachi", "BD": "Asia/Dhaka", "LK": "Asia/Colombo", "NP": "Asia/Kathmandu", "TH": "Asia/Bangkok",
      "VN": "Asia/Ho_Chi_Minh", "PH": "Asia/Manila", "CN": "Asia/Shanghai", "HK": "Asia/Hong_Kong", "TW": "Asia/Taipei",
      "KR": "Asia/Seoul", "EG": "Africa/Cairo", "MA": "Africa/Casablanca", "TN": "Africa/Tunis", "DZ": "Africa/Algiers",
      "NG": "Africa/Lagos", "GH": "Africa/Accra", "KE": "Africa/Nairobi", "AR": "America/Argentina/Buenos_Aires",
      "BO": "America/La_Paz", "CR": "America/Costa_Rica", "DO": "America/Santo_Domingo", "GT": "America/Guatemala",
      "HN": "America/Tegucigalpa", "PA": "America/Panama", "PY": "America/Asuncion", "SV": "America/El_Salvador",
      "UY": "America/Montevideo"
    },
    "default": "UTC"
  },
  "columns": {
    "store_id": {
      "from": [
        "/*/cac:AccountingSupplierParty/cac:Party/cac:PartyIdentification/cbc:ID",
        "/*/cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID",
        "/*/cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme[translate(cac:TaxScheme/cbc:ID,'tax','TAX')!='TAX']/cbc:CompanyID",
        "/*/cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:CompanyID",
        "/*/cac:AccountingSupplierParty/cac:Party/cbc:EndpointID", "/*/cac:AccountingSupplierParty/cbc:CustomerAssignedAccountID"
      ],
      "type": "VARCHAR"
    },
    "seller_tax_id": {
      "from": [
        "/*/cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID",
        "/*/cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme[translate(cac:TaxScheme/cbc:ID,'tax','TAX')!='TAX']/cbc:CompanyID"
      ],
      "type": "VARCHAR"
    },
    "customer_id": {
      "from": [
        "/*/cac:AccountingCustomerParty/cbc:SupplierAssignedAccountID",
        "/*/cac:AccountingCustomerParty/cac:Party/cac:PartyIdentification/cbc:ID",
        "/*/cac:AccountingCustomerParty/cac:Party/cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID",
        "/*/cac:AccountingCustomerParty/cac:Party/cac:PartyTaxScheme[translate(cac:TaxScheme/cbc:ID,'tax','TAX')!='TAX']/cbc:CompanyID",
        "/*/cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity/cbc:CompanyID",
        "/*/cac:AccountingCustomerParty/cac:Party/cbc:EndpointID"
      ],
      "type": "VARCHAR",
      "bloom": true
    },
    "buyer_tax_id": {
      "from": [
        "/*/cac:AccountingCustomerParty/cac:Party/cac:PartyTaxScheme[cac:TaxScheme/cbc:ID='VAT']/cbc:CompanyID",
        "/*/cac:AccountingCustomerParty/cac:Party/cac:PartyTaxScheme[translate(cac:TaxScheme/cbc:ID,'tax','TAX')!='TAX']/cbc:CompanyID"
      ],
      "type": "VARCHAR"
    },
    "document_kind": {"from": ["/*/cbc:InvoiceTypeCode", "/*/cbc:CreditNoteTypeCode"], "type": "VARCHAR"},
    "credit_note": {"path": "/cn:CreditNote/cbc:ID | /scn:SelfBilledCreditNote/cbc:ID", "type": "VARCHAR", "stored": false},
    "currency": {
      "from": [
        "/*/cbc:DocumentCurrencyCode", "/*/cac:LegalMonetaryTotal/cbc:PayableAmount/@currencyID",
        "/*/cac:RequestedMonetaryTotal/cbc:PayableAmount/@currencyID"
      ],
      "type": "VARCHAR"
    },
    "total": {
      "from": ["/*/cac:LegalMonetaryTotal/cbc:PayableAmount", "/*/cac:RequestedMonetaryTotal/cbc:PayableAmount"],
      "type": "DECIMAL(18,4)",
      "required": true
    },
    "divided_tax": {
      "sum": "/*/cac:TaxTotal[cac:TaxSubtotal]/cbc:TaxAmount[not(@currencyID) or @currencyID=../../cac:LegalMonetaryTotal/cbc:PayableAmount/@currencyID or @currencyID=../../cac:RequestedMonetaryTotal/cbc:PayableAmount/@currencyID]",
      "type": "DECIMAL(18,4)",
      "stored": false
    },
    "stated_tax": {
      "sum": "/*/cac:TaxTotal/cbc:TaxAmount[not(@currencyID) or @currencyID=../../cac:LegalMonetaryTotal/cbc:PayableAmount/@currencyID or @currencyID=../../cac:RequestedMonetaryTotal/cbc:PayableAmount/@currencyID]",
      "type": "DECIMAL(18,4)",
      "stored": false
    },
    "tax_total": {"expression": "coalesce(divided_tax, stated_tax)", "type": "DECIMAL(18,4)"},
    "is_refund": {"expression": "credit_note is not null or total < 0", "type": "BOOLEAN"},
    "payment_type": {"path": "/*/cac:PaymentMeans/cbc:PaymentMeansCode", "type": "VARCHAR"},
    "lines": {"path": "/*/cac:InvoiceLine | /*/cac:CreditNoteLine | /*/cac:DebitNoteLine", "columns": {
      "product_code": {
        "from": [
          "cac:Item/cac:SellersItemIdentification/cbc:ID", "cac:Item/cac:StandardItemIdentification/cbc:ID",
          "cac:Item/cac:BuyersItemIdentification/cbc:ID"
        ],
        "type": "VARCHAR",
        "bloom": true
      },
      "name": {"from": ["cac:Item/cbc:Name", "cac:Item/cbc:Description"], "type": "VARCHAR"},
      "category": {"path": "cac:Item/cac:CommodityClassification/cbc:ItemClassificationCode", "type": "VARCHAR"},
      "exact_quantity": {"from": ["cbc:InvoicedQuantity", "cbc:CreditedQuantity", "cbc:DebitedQuantity"], "type": "DECIMAL(38,12)", "stored": false},
      "quantity": {"expression": "exact_quantity", "type": "DECIMAL(18,6)"},
      "price": {"path": "cac:Price/cbc:PriceAmount", "type": "DECIMAL(38,12)", "stored": false},
      "price_quantity": {"path": "cac:Price/cbc:BaseQuantity", "type": "DECIMAL(38,12)", "stored": false},
      "unit_price": {"expression": "price / coalesce(nullif(price_quantity, 0), 1)", "type": "DECIMAL(18,6)"},
      "vat_rate": {
        "from": [
          "cac:Item/cac:ClassifiedTaxCategory/cbc:Percent", "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory/cbc:Percent",
          "cac:TaxTotal/cac:TaxSubtotal/cbc:Percent"
        ],
        "type": "DECIMAL(9,4)"
      },
      "amount": {"path": "cbc:LineExtensionAmount", "type": "DECIMAL(18,4)"}
    }}
  }
}
"""####),
    ]
}
