"""Headers in Latin letters: English in any wording, Chinese in pinyin."""

import pytest
from invented_extracts import write_csv

from gapmatch.read import Side, read_extract

CELLS = {
    Side.ENROLLMENT: ("7{:03}", "第{}食品有限公司", "91520102MA6TE{:05}", "1{}", "正常"),
    Side.TAX: ("91520102MA6TE{:05}", "第{}食品有限公司", "人民路{}号", "1{}", "4{}0000"),
}
COLUMNS = {
    Side.ENROLLMENT: ("unit_id", "name", "credit_code", "insured_total", "enroll_status"),
    Side.TAX: ("taxpayer_code", "name", "address", "declared_headcount", "declared_wages"),
}


@pytest.mark.parametrize(
    ("side", "headers", "unread", "why"),
    [
        (Side.ENROLLMENT, "UNIT_ID,COMPANY_NAME,CREDIT_CODE,INSURED_NUM,STATUS", "", "English"),
        (Side.ENROLLMENT, "unitNo,corpName,creditCode,insuredCount,state", "", "in one word"),
        (Side.ENROLLMENT, "dwbh,dwmc,tyshxydm,cbrs,cbzt", "", "initials"),
        (Side.ENROLLMENT, "danweibianhao,danwei_mingcheng,xinyongdaima,canbaorenshu,canbao_zhuangtai",
         "", "in full"),
        (Side.TAX, "TAX_ID,CORP_NAME,ADDR,STAFF_NUM,SALARY", "", "other words"),
        (Side.TAX, "nsrsbh,nsrmc,scjydz,cyrs,bnljgzxjze", "", "initials of long headers"),
        (Side.TAX, "nsrsbh,nsrmc,x1,f2,f3", "address,declared_headcount,declared_wages", "no words"),
        (Side.TAX, "nsrsbh,nsrmc,scjydz,num,amt", "declared_headcount,declared_wages",
         "words that may be of anything"),
    ],
)  # fmt: skip
def test_headers_in_latin_letters_are_understood(tmp_path, side, headers, unread, why):
    rows = [tuple(headers.split(","))]
    rows += [tuple(cell.format(n) for cell in CELLS[side]) for n in range(12)]
    report = read_extract(side, [write_csv(tmp_path / "a.csv", rows)], {}).files[0]
    found = {column for column in report.mapping.values() if column in COLUMNS[side]}
    assert found == set(COLUMNS[side]) - set(unread.split(",")), why
