"""Settings of a watched folder."""

from typing import Annotated

from pydantic import Field

from dataset_conversion.spine.settings import settings


@settings
class WatchSettings:
    """When a study is taken.

    Attributes:
        quiet: Seconds without a change of any of its files.
        poll: Seconds between two looks at the folder while there is nothing to do.
        retry: Seconds after which something is tried again that failed for a reason outside the study, such as a full
            disk or an archive that does not answer.
    """

    quiet: Annotated[float, Field(ge=0)] = 60.0
    poll: Annotated[float, Field(gt=0)] = 10.0
    retry: Annotated[float, Field(ge=0)] = 300.0
