"""Section `download`: where the real data sets are and how politely they are fetched."""

from pydantic import Field

from ssinfnet.config.base import Section


class Download(Section):
    """Sources and manners of the downloads."""

    medseg_url: str = Field(
        "https://ndownloader.figshare.com/files/{id}",
        description="MedSeg file; {id} is figshare's file number",
    )
    ictcf_url: str = Field(
        "https://ngdc.cncb.ac.cn/ictcf/patient/CT/Patient%20{patient}.zip",
        description="iCTCF archive or picture; {patient} is the patient's number",
    )
    ictcf_table_url: str = Field(
        "https://raw.githubusercontent.com/guoqingbao/COVID-MTL/295ca1091c84f6a291e09b4d9929f23815296429"
        "/data/Patients.xlsx",
        description="clinical table as .xlsx or .csv; used when patients.table is not given",
    )
    connections: int = Field(4, ge=1, le=16, description="parallel connections to one server")
    retries: int = Field(5, ge=0, le=20, description="further tries of a failed file, with growing pauses")
    pause: float = Field(1, ge=0, le=60, description="seconds before the first further try; doubled for each next one")
    timeout: float = Field(60, gt=0, description="seconds without a byte before a try counts as failed")
